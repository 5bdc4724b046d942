//! Responses that can't be sent. No request gets the response to another one.

use std::time::Duration;

use futures::future::join;
use messi::{DisconnectReason, Overflow, RequestError};

use super::world::requests::*;
use super::world::{SECOND, World, echo, note, response};

const MOMENT: Duration = Duration::from_millis(1);

/// The result of every pending request when a response can't be sent.
const CLOSED: Result<EchoRsp, RequestError> = Err(RequestError::Disconnected(
    DisconnectReason::ConnectionClosed,
));

#[test]
fn a_response_above_the_limit_closes_the_connection_and_fails_all_requests() {
    let world = World::with(None, |server| server.max_sent_message_size(100));
    world.run(async {
        let (long, short) = (&"long".repeat(100), "short");
        let responses = join(
            world.client.echo_req(echo(long)),
            world.client.echo_req(echo(short)),
        );
        assert_eq!(responses.await, (CLOSED, CLOSED));
        world.simulation.sleep(SECOND).await;
        let too_big = "disconnected MessageTooBig { size: 406, limit: 100 }";
        assert_eq!(world.server_seen.all(), [too_big]);
    });
}

#[test]
fn a_response_without_room_in_the_queue_closes_the_connection_and_fails_all_requests() {
    for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
        let world = World::with(None, |server| {
            server.overflow(overflow).max_queued_bytes(100)
        });
        world.run(async {
            let link = world.simulation.connections()[0].to_client();
            link.set_buffer(1);
            link.stall();
            world.peer().send(note(40));
            world.simulation.sleep(MOMENT).await;
            let (long, short) = (&"long".repeat(20), "short");
            let responses = join(
                world.client.echo_req(echo(long)),
                world.client.echo_req(echo(short)),
            );
            let resume = async {
                world.simulation.sleep(MOMENT).await;
                link.resume();
            };
            assert_eq!(join(responses, resume).await.0, (CLOSED, CLOSED));
            world.simulation.sleep(SECOND).await;
            assert_eq!(world.server_seen.all(), ["disconnected SlowConsumer"]);
        });
    }
}

#[test]
fn drop_oldest_never_drops_a_response() {
    let world = World::with(None, |server| {
        server.overflow(Overflow::DropOldest).max_queued_bytes(100)
    });
    world.run(async {
        let link = world.simulation.connections()[0].to_client();
        link.set_buffer(1);
        link.stall();
        world.peer().send(note(10));
        world.simulation.sleep(MOMENT).await;
        let waiting = world.client.echo_req(echo("waiting"));
        world.simulation.sleep(MOMENT).await;
        world.peer().send(note(80));
        link.resume();
        assert_eq!(waiting.await, response("waiting"));
        world.simulation.sleep(SECOND).await;
        assert_eq!(world.server_seen.all(), ["disconnected SlowConsumer"]);
    });
}
