//! A client and a server in a simulation.

use messi::testing::{SimulatedConnection, Simulation};
use messi::{ClientBuilder, ServerBuilder};

use super::chat::*;
use super::{Event, Events, reporter};

/// Where servers are.
pub const ROOM: &str = "tcp://room:1";

/// A client and a server that have connected, whose handlers report.
pub struct Pair {
    pub client: ChatClient,
    pub client_events: Events,
    pub server: ChatServer,
    pub server_events: Events,
    pub connection: SimulatedConnection,
}

impl Pair {
    pub async fn connect(simulation: &Simulation) -> Self {
        Self::connect_with(
            simulation,
            ChatServer::builder(ROOM),
            ChatClient::builder(ROOM),
        )
        .await
    }

    /// A pair with settings.
    pub async fn connect_with(
        simulation: &Simulation,
        server: ServerBuilder<Chat>,
        client: ClientBuilder<Chat>,
    ) -> Self {
        let (reporter, mut server_events) = reporter();
        let server = server
            .runtime(simulation)
            .start(move |_| reporter.clone())
            .await
            .unwrap();
        let (reporter, mut client_events) = super::reporter();
        let client = client.runtime(simulation).start(reporter).unwrap();
        assert_eq!(client_events.next().await, Event::Connected);
        assert_eq!(server_events.next().await, Event::Connected);
        Self {
            client,
            client_events,
            server,
            server_events,
            connection: simulation.connections().remove(0),
        }
    }

    pub async fn stop(&self) {
        self.client.stop().await;
        self.server.stop().await;
    }
}
