//! Links, and the orders and messages that they send and receive.

use std::error::Error;

use messi_core::cluster::{Engine, EngineError, Inbox, Link, LinkReceiver, Order};

pub(crate) async fn connect(engine: &(impl Engine + ?Sized)) -> Link {
    engine.connect().await.map_err(text).expect("a connection")
}

/// Returns the text of the error of a connection, with its causes.
pub(crate) async fn refusal(engine: &(impl Engine + ?Sized)) -> String {
    text(engine.connect().await.expect_err("a refusal"))
}

/// Returns the text of an error, with its causes.
pub(crate) fn text(error: EngineError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

pub(crate) fn subscribe(channel: &str) -> Order {
    Order::Subscribe(channel.into())
}

pub(crate) fn unsubscribe(channel: &str) -> Order {
    Order::Unsubscribe(channel.into())
}

pub(crate) fn publish(channel: &str, payload: impl Into<Vec<u8>>) -> Order {
    Order::Publish {
        channel: channel.into(),
        payload: payload.into(),
    }
}

pub(crate) async fn send(link: &mut Link, orders: impl Into<Vec<Order>>) {
    let sent = link.sender.send(orders.into()).await;
    sent.map_err(text).expect("the orders are taken");
}

/// A channel and a payload.
pub(crate) type Received = (String, Vec<u8>);

/// Receives at least so many messages.
pub(crate) async fn receive(receiver: &mut Box<dyn LinkReceiver>, count: usize) -> Vec<Received> {
    let mut received = Vec::new();
    while received.len() < count {
        let mut deliver = |channel: &str, payload: &[u8]| {
            received.push((channel.into(), payload.into()));
        };
        let result = receiver.receive(&mut Inbox::new(&mut deliver)).await;
        result.map_err(text).expect("messages");
    }
    received
}

/// Receives until the connection fails. Returns the payloads, and the text of the error.
pub(crate) async fn receive_all(receiver: &mut Box<dyn LinkReceiver>) -> (Vec<Vec<u8>>, String) {
    let mut received = Vec::new();
    loop {
        let mut deliver = |_: &str, payload: &[u8]| received.push(payload.into());
        if let Err(error) = receiver.receive(&mut Inbox::new(&mut deliver)).await {
            return (received, text(error));
        }
    }
}

/// Sends until the connection fails. Returns the text of the error.
pub(crate) async fn send_until_error(link: &mut Link) -> String {
    loop {
        if let Err(error) = link.sender.send(vec![publish("any", "x")]).await {
            return text(error);
        }
    }
}
