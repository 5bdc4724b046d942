//! A server with one client. Both respond to requests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_std::task::yield_now;
use messi::testing::{Clock, Simulation};
use messi::{DisconnectReason, Reply, RequestError, ServerBuilder};

pub(crate) mod requests {
    messi::protocol!("../../proto/requests.proto");
}

use requests::*;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The callbacks of handlers, in order.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Replies that the server keeps, for the test to use.
pub(crate) type Kept = Arc<Mutex<Vec<Reply<EchoRsp>>>>;

/// A handler of the server that takes the text of a request as a command.
struct Session {
    clock: Clock,
    seen: Seen,
    kept: Kept,
}

impl RequestsServerHandler for Session {
    async fn on_echo_req(
        &mut self,
        client: &RequestsServerClient,
        request: EchoReq,
        reply: Reply<EchoRsp>,
    ) {
        let text = request.text;
        match text.as_str() {
            "silence" => return,
            "keep" => return self.kept.lock().unwrap().push(reply),
            "leave" => return client.disconnect(),
            "slow" => self.clock.sleep(5 * SECOND).await,
            "ask name" => {
                let response = client.name_req(NameReq { number: 1 }).await;
                let text =
                    response.map_or_else(|error| error.to_string(), |response| response.name);
                return reply.send(EchoRsp { text });
            }
            _ => {}
        }
        reply.send(EchoRsp { text });
    }

    async fn on_shout_req(&mut self, _: &RequestsServerClient, text: String, reply: Reply<String>) {
        reply.send(text.to_uppercase());
    }

    async fn on_name_rsp(&mut self, _: &RequestsServerClient, response: NameRsp) {
        self.seen.note(format!("name {}", response.name));
    }

    async fn on_client_disconnected(&mut self, _: &RequestsServerClient, reason: DisconnectReason) {
        self.seen.note(format!("disconnected {reason:?}"));
    }
}

/// A handler of the client, which may request an echo in `on_connected`.
struct Ui {
    seen: Seen,
    echo_on_connected: Option<&'static str>,
}

impl RequestsClientHandler for Ui {
    async fn on_connected(&mut self, client: &RequestsClient) {
        if let Some(text) = self.echo_on_connected {
            let response = client.echo_req(echo(text)).await;
            self.seen.note(format!("connected {response:?}"));
        }
    }

    async fn on_disconnected(&mut self, _: &RequestsClient, reason: DisconnectReason) {
        self.seen.note(format!("disconnected {reason:?}"));
    }

    async fn on_echo_rsp(&mut self, _: &RequestsClient, response: EchoRsp) {
        self.seen.note(format!("echo {}", response.text));
    }

    async fn on_name_req(&mut self, _: &RequestsClient, request: NameReq, reply: Reply<NameRsp>) {
        reply.send(NameRsp {
            name: format!("Kalle {}", request.number),
        });
    }

    async fn on_note(&mut self, _: &RequestsClient, note: Note) {
        self.seen.note(format!("note {}", note.text));
    }
}

pub(crate) fn echo(text: &str) -> EchoReq {
    EchoReq { text: text.into() }
}

/// Creates a note with a text of this size.
pub(crate) fn note(size: usize) -> Note {
    Note {
        text: "x".repeat(size),
    }
}

pub(crate) fn response(text: &str) -> Result<EchoRsp, RequestError> {
    Ok(EchoRsp { text: text.into() })
}

/// A server with one client, in a simulation.
pub(crate) struct World {
    pub(crate) simulation: Simulation,
    pub(crate) server: RequestsServer,
    pub(crate) client: RequestsClient,
    pub(crate) server_seen: Seen,
    pub(crate) client_seen: Seen,
    pub(crate) kept: Kept,
}

impl World {
    /// Connects both. The client may request an echo of a text in `on_connected`.
    pub(crate) fn with_echo_on_connected(echo_on_connected: Option<&'static str>) -> Self {
        Self::with(echo_on_connected, |server| server)
    }

    /// Connects both, after configuring the server.
    pub(crate) fn with(
        echo_on_connected: Option<&'static str>,
        set_up: impl FnOnce(ServerBuilder<Requests>) -> ServerBuilder<Requests>,
    ) -> Self {
        let simulation = Simulation::new(1);
        let (server_seen, client_seen) = (Seen::default(), Seen::default());
        let kept = Kept::default();
        let (server, client) = simulation.run(async {
            let (clock, seen, kept) = (simulation.clock(), server_seen.clone(), kept.clone());
            let server = set_up(RequestsServer::builder("tcp://server:1"))
                .runtime(&simulation)
                .start(move |_| Session {
                    clock: clock.clone(),
                    seen: seen.clone(),
                    kept: kept.clone(),
                })
                .await
                .unwrap();
            let client = RequestsClient::builder("tcp://server:1")
                .runtime(&simulation)
                .start(Ui {
                    seen: client_seen.clone(),
                    echo_on_connected,
                })
                .unwrap();
            client.connected().await.unwrap();
            while server.client_count() == 0 {
                yield_now().await;
            }
            (server, client)
        });
        Self {
            simulation,
            server,
            client,
            server_seen,
            client_seen,
            kept,
        }
    }

    /// Connects both.
    pub(crate) fn new() -> Self {
        Self::with_echo_on_connected(None)
    }

    pub(crate) fn run<T>(&self, test: impl Future<Output = T>) -> T {
        self.simulation.run(test)
    }

    /// Returns the server's handle of the client.
    pub(crate) fn peer(&self) -> RequestsServerClient {
        self.server.clients().remove(0)
    }
}
