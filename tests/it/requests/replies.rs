//! Replies that are given late, early, twice or never.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{join, join3};
use messi::{DisconnectReason, NotConnected, Reply, RequestError, SendError};

use super::world::requests::*;
use super::world::{SECOND, World, echo, response};

const MOMENT: Duration = Duration::from_millis(1);

fn rsp(text: &str) -> EchoRsp {
    EchoRsp { text: text.into() }
}

impl World {
    /// Takes the replies that the server has kept, once there are this many.
    async fn kept(&self, count: usize) -> Vec<Reply<EchoRsp>> {
        while self.kept.lock().unwrap().len() < count {
            self.simulation.sleep(MOMENT).await;
        }
        self.kept.lock().unwrap().drain(..).collect()
    }
}

#[test]
fn replies_given_in_any_order_reach_their_own_requests() {
    let world = World::new();
    world.run(async {
        let requests = join3(
            world.client.echo_req(echo("keep")),
            world.client.echo_req(echo("keep")),
            world.client.echo_req(echo("at once")),
        );
        let replies = async {
            let mut replies = world.kept(2).await;
            let second = replies.pop().unwrap();
            second.send(rsp("second"));
            assert_eq!(world.peer().stats().requests.open, 1);
            world.simulation.sleep(SECOND).await;
            assert_eq!(world.client.stats().requests.awaited, 3);
            replies.pop().unwrap().send(rsp("first"));
        };
        let (responses, ()) = join(requests, replies).await;
        let expected = (response("first"), response("second"), response("at once"));
        assert_eq!(responses, expected);
        assert_eq!(world.client.stats().requests.awaited, 0);
        assert_eq!(world.peer().stats().requests, Default::default());
    });
}

#[test]
fn a_forgotten_reply_costs_its_own_request_alone() {
    let world = World::new();
    world.run(async {
        let forgotten = world.client.echo_req(echo("silence")).timeout(SECOND);
        let other = world.client.shout_req("other".into());
        let timeout = Err(RequestError::Timeout { limit: SECOND });
        assert_eq!(join(forgotten, other).await, (timeout, Ok("OTHER".into())));
        assert_eq!(world.peer().stats().requests.unanswered, 1);
        assert!(world.client.is_connected());
    });
}

#[test]
fn a_response_after_a_forgotten_reply_is_not_taken_for_it() {
    let world = World::new();
    world.run(async {
        let closed = || {
            Err(RequestError::Disconnected(
                DisconnectReason::ConnectionClosed,
            ))
        };
        let responses = join(
            world.client.echo_req(echo("silence")),
            world.client.echo_req(echo("next")),
        );
        assert_eq!(responses.await, (closed(), closed()));
        world.client.connected().await.unwrap();
        assert_eq!(
            world.client.echo_req(echo("again")).await,
            response("again")
        );
        assert_eq!(world.server_seen.all(), ["disconnected RequestAbandoned"]);
        assert_eq!(world.server.stats().total.requests.unanswered, 1);
    });
}

#[test]
fn a_reply_forgotten_before_one_that_waits_closes_the_connection() {
    let world = World::new();
    world.run(async {
        let responses = join(
            world.client.echo_req(echo("keep")),
            world.client.echo_req(echo("keep")),
        );
        let replies = async {
            let mut replies = world.kept(2).await;
            replies.pop().unwrap().send(rsp("second"));
            drop(replies);
        };
        let ((first, second), ()) = join(responses, replies).await;
        assert!(first.is_err() && second.is_err());
        world.simulation.sleep(SECOND).await;
        assert_eq!(world.server_seen.all(), ["disconnected RequestAbandoned"]);
    });
}

#[test]
fn a_second_response_to_a_request_is_refused_and_later_ones_stay_right() {
    let world = World::new();
    world.run(async {
        let first = world.client.echo_req(echo("keep"));
        let mut reply = world.kept(1).await.remove(0);
        world.peer().send(rsp("sent"));
        assert_eq!(
            reply.try_send(rsp("again")),
            Err(SendError::AlreadyResponded)
        );
        assert_eq!(
            reply.try_send(rsp("again")),
            Err(SendError::AlreadyResponded)
        );
        drop(reply);
        assert_eq!(first.await, response("sent"));
        assert_eq!(world.client.echo_req(echo("next")).await, response("next"));
        let stats = world.peer().stats().requests;
        assert_eq!((stats.surplus, stats.unanswered), (1, 0));
    });
}

#[test]
fn a_reply_that_did_not_fit_may_be_sent_again() {
    let world = World::with(None, |server| server.max_sent_message_size(100));
    world.run(async {
        let request = world.client.echo_req(echo("keep"));
        let mut reply = world.kept(1).await.remove(0);
        let too_big = reply.try_send(rsp(&"x".repeat(200)));
        assert!(matches!(too_big, Err(SendError::MessageTooBig { .. })));
        assert_eq!(reply.try_send(rsp("short")), Ok(()));
        assert_eq!(request.await, response("short"));
    });
}

#[test]
fn a_reply_of_an_earlier_connection_sends_nothing_and_says_so() {
    let world = World::new();
    world.run(async {
        let first = world.client.echo_req(echo("keep"));
        let mut reply = world.kept(1).await.remove(0);
        world.simulation.connections()[0].cut();
        assert!(matches!(first.await, Err(RequestError::Disconnected(_))));
        world.client.connected().await.unwrap();
        let second = world.client.echo_req(echo("keep"));
        let second_reply = world.kept(1).await.remove(0);
        assert_eq!(reply.try_send(rsp("late")), Err(SendError::NotConnected));
        second_reply.send(rsp("in time"));
        assert_eq!(second.await, response("in time"));
        world.simulation.sleep(SECOND).await;
        assert_eq!(world.server.stats().total.requests.late, 1);
    });
}

/// A handler that keeps a handle of its first connection.
#[derive(Clone, Default)]
struct Keeper(Arc<Mutex<Option<RequestsClient>>>);

impl RequestsClientHandler for Keeper {
    async fn on_connected(&mut self, client: &RequestsClient) {
        self.0.lock().unwrap().get_or_insert_with(|| client.clone());
    }

    async fn on_name_req(&mut self, _: &RequestsClient, request: NameReq, reply: Reply<NameRsp>) {
        let name = format!("Kalle {}", request.number);
        if request.number == 1 {
            self.0
                .lock()
                .unwrap()
                .as_ref()
                .unwrap()
                .send(NameRsp { name });
        } else {
            reply.send(NameRsp { name });
        }
    }
}

#[test]
fn a_handle_of_an_earlier_connection_responds_like_any_other() {
    let world = World::new();
    world.run(async {
        world.client.stop().await;
        let client = RequestsClient::builder("tcp://server:1")
            .runtime(&world.simulation)
            .start(Keeper::default())
            .unwrap();
        client.connected().await.unwrap();
        world.simulation.sleep(MOMENT).await;
        world.simulation.connections().pop().unwrap().cut();
        world.simulation.sleep(MOMENT).await;
        client.connected().await.unwrap();
        assert_eq!(client.echo_req(echo("here")).await, response("here"));
        for number in 1..=3 {
            let name = world.peer().name_req(NameReq { number }).await;
            assert_eq!(name.unwrap().name, format!("Kalle {number}"));
        }
        client.stop().await;
    });
}

#[test]
fn responses_that_nobody_awaits_are_counted() {
    let world = World::new();
    world.run(async {
        let late = world.client.echo_req(echo("slow")).timeout(SECOND).await;
        assert!(matches!(late, Err(RequestError::Timeout { .. })));
        world.simulation.sleep(10 * SECOND).await;
        assert_eq!(world.client.stats().requests.late, 1);
        world.peer().send(rsp("surplus"));
        world.simulation.sleep(SECOND).await;
        let stats = world.client.stats().requests;
        assert_eq!((stats.late, stats.surplus, stats.awaited), (1, 1, 0));
        assert_eq!(world.client_seen.all(), ["echo slow", "echo surplus"]);
    });
}

#[test]
fn a_request_fails_when_its_executor_is_dropped() {
    let world = World::new();
    let pending = world.client.echo_req(echo("keep"));
    let kept = world.run(world.kept(1));
    drop(world.simulation);
    drop(kept);
    assert_eq!(pending.now_or_never(), Some(Err(RequestError::Cancelled)));
    let connected = world.client.connected().now_or_never();
    assert_eq!(connected, Some(Err(NotConnected)));
}

#[test]
fn a_result_is_returned_once() {
    let world = World::new();
    world.run(async {
        let mut request = world.client.echo_req(echo("a"));
        assert_eq!((&mut request).await, response("a"));
        assert_eq!(request.await, Err(RequestError::Completed));
    });
}
