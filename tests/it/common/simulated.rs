//! A client and a server in a simulation.

use messi::testing::{SimulatedConnection, Simulation};
use messi::{ClientBuilder, ServerBuilder};

use super::chat::*;
use super::{Event, Events, serve, start_client};

/// The URI of servers.
pub const ROOM: &str = "tcp://room:1";

/// A client connected to a server, both with handlers that report.
pub struct Pair {
    pub client: ChatClient,
    pub client_events: Events,
    pub server: ChatServer,
    pub server_events: Events,
    pub connection: SimulatedConnection,
}

impl Pair {
    /// Connects a client and a server with default settings.
    pub async fn connect(simulation: &Simulation) -> Self {
        Self::connect_with(
            simulation,
            ChatServer::builder(ROOM),
            ChatClient::builder(ROOM),
        )
        .await
    }

    /// Connects a client and a server with these settings.
    pub async fn connect_with(
        simulation: &Simulation,
        server: ServerBuilder<Chat>,
        client: ClientBuilder<Chat>,
    ) -> Self {
        let (server, mut server_events) = serve(server.runtime(simulation)).await;
        let (client, mut client_events) = start_client(client.runtime(simulation));
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
