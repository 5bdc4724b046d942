//! The server's end.

use std::time::Duration;

use async_std::task::block_on;
use messi::{DisconnectReason, SendError, Sessions};

use super::proto::{FlowServer, FlowServerClient, FlowServerHandler, Numbered};
use super::{Flow, Outlet, Report, Settings};
use crate::port;

/// For how long a session waits for a client, which in these tests was killed.
const LIFETIME: Duration = Duration::from_millis(100);

/// A server of the stream.
#[derive(Debug)]
pub(crate) struct Server(FlowServer);

impl Server {
    /// Starts a server on a port, or on a free one if the port is 0.
    pub(crate) fn start(port: u16, settings: Settings, report: &Report) -> Self {
        let server = port::when_free(|| {
            let report = report.clone();
            let mut builder =
                FlowServer::builder(port::uri(port)).keep_alive_timeout(settings.keep_alive);
            if settings.has_session {
                builder = builder.sessions(Sessions::default().lifetime(LIFETIME));
            }
            block_on(builder.start(move |_| Flow::new(settings, report.clone())))
        });
        Self(server)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().port().unwrap()
    }

    pub(crate) fn stop(&self) {
        block_on(self.0.stop());
    }
}

impl FlowServerHandler for Flow {
    async fn on_client_connected(&mut self, client: &FlowServerClient) {
        self.connected(client.clone());
    }

    async fn on_numbered(&mut self, _: &FlowServerClient, message: Numbered) {
        self.receive(&message);
    }

    async fn on_client_interrupted(&mut self, _: &FlowServerClient, _: DisconnectReason) {
        (self.report)("interrupted".into());
    }

    async fn on_client_disconnected(&mut self, _: &FlowServerClient, reason: DisconnectReason) {
        self.disconnected(reason).await;
    }
}

impl Outlet for FlowServerClient {
    fn try_send(&self, message: Numbered) -> Result<(), SendError> {
        Ok(self.try_send(message)?)
    }

    async fn ready(&self) -> Result<(), SendError> {
        Ok(self.ready().await?)
    }
}
