//! The server that a client is connected to.

use std::time::Duration;

use messi::testing::Simulation;

use crate::common::chat::*;
use crate::common::*;

/// Time in which a task that is ready runs.
const MOMENT: Duration = Duration::from_millis(1);

#[test]
fn a_client_names_the_server_that_it_is_connected_to_or_tries_next() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let builder = ChatClient::builder("tcp://one:1")
            .alternative_uri("tcp://two:2")
            .runtime(&simulation);
        let (client, mut events) = start_client(builder);
        let current = || (client.uri().to_string(), client.peer_addr());
        assert_eq!(current(), ("tcp://one:1".into(), None));
        assert!(matches!(events.next().await, Event::ConnectFailure(_)));
        simulation.sleep(MOMENT).await;
        let builder = ChatServer::builder("tcp://two:2").runtime(&simulation);
        let (server, mut server_events) = serve(builder).await;
        assert_eq!(current(), ("tcp://two:2".into(), None));
        assert_eq!(server_events.next().await, Event::Connected);
        client.connected().await.unwrap();
        let address = Some(server.local_addr());
        assert_eq!(current(), ("tcp://two:2".into(), address));
        let number: u64 = server.clients()[0].id().into();
        assert_eq!(number, 1);
        server.stop().await;
        events
            .find(|event| matches!(event, Event::Disconnected(_)))
            .await;
        simulation.sleep(MOMENT).await;
        assert_eq!(current(), ("tcp://one:1".into(), None));
        client.stop().await;
    });
}
