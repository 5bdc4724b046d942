//! The behaviour of a link with any server.

use std::pin::pin;

use futures::FutureExt;
use futures::future::{Either, join3, select};

use super::parties::{
    connect, publish, receive, receive_all, refusal, send, send_until_error, subscribe, text,
    unsubscribe,
};
use super::{Scenario, scenarios};
use crate::engines::{Program, Server};
use crate::tested;

pub(crate) const ALL: &[Scenario] = scenarios![
    messages_keep_their_order,
    messages_are_received_while_a_large_batch_is_sent,
    payloads_and_names_are_any_bytes,
    names_are_no_patterns,
    subscriptions_are_in_effect_when_they_are_sent,
    orders_keep_their_order,
    nothing_is_received_after_an_unsubscription,
    many_subscriptions_are_sent_at_once,
    orders_of_a_dropped_call_do_not_disturb_the_next_one,
    a_killed_server_fails_both_halves,
    a_lost_link_is_not_renewed,
    a_server_that_is_absent_is_an_error,
    a_link_that_the_server_cuts_is_an_error,
    a_link_that_does_not_receive_is_closed,
    half_a_link_keeps_the_connection,
];

async fn messages_keep_their_order(program: Program) {
    const MESSAGES: usize = 10_000;
    let server = Server::start(&program);
    let mut sender = connect(&server.engine()).await;
    let mut receivers = [
        connect(&server.engine()).await,
        connect(&server.engine()).await,
    ];
    for receiver in &mut receivers {
        send(receiver, [subscribe("even"), subscribe("odd")]).await;
    }
    let orders: Vec<_> = (0..MESSAGES)
        .map(|number| publish(["even", "odd"][number % 2], number.to_string()))
        .collect();
    let sending = async {
        for batch in orders.chunks(256) {
            send(&mut sender, batch).await;
        }
    };
    let [first, second] = &mut receivers;
    let ((), first, second) = join3(
        sending,
        receive(&mut first.receiver, MESSAGES),
        receive(&mut second.receiver, MESSAGES),
    )
    .await;
    let expected: Vec<_> = (0..MESSAGES)
        .map(|number| {
            let channel = ["even", "odd"][number % 2];
            (channel.to_owned(), number.to_string().into_bytes())
        })
        .collect();
    assert!(first == expected && second == expected);
}

async fn messages_are_received_while_a_large_batch_is_sent(program: Program) {
    let server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    send(&mut link, [subscribe("a")]).await;
    // More than the buffers of the sockets hold: neither direction may wait for the other.
    let batch: Vec<_> = (0..32).map(|_| publish("a", vec![7; 1 << 20])).collect();
    let sending = async {
        let sent = link.sender.send(batch).await;
        sent.map_err(text).expect("the orders are taken");
    };
    let receiving = receive(&mut link.receiver, 32);
    let ((), received) = futures::join!(sending, receiving);
    assert_eq!(received.len(), 32);
    assert!(received.iter().all(|(_, payload)| *payload == [7; 1 << 20]));
}

async fn payloads_and_names_are_any_bytes(program: Program) {
    let server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    let names = [
        "messi:chat:room/42".into(),
        String::new(),
        " ".into(),
        "\0\r\n$3\r\n".into(),
        "[a-z]*?\\\"'".into(),
        "räksmörgås 🦀".into(),
        "x".repeat(300),
    ];
    let payloads = [
        Vec::new(),
        b"\r\n+OK\r\n".to_vec(),
        (0..=255).collect(),
        vec![0; 1 << 20],
    ];
    for name in &names {
        send(&mut link, [subscribe(name)]).await;
        let orders: Vec<_> = payloads.iter().map(|it| publish(name, &**it)).collect();
        send(&mut link, orders).await;
        let received = receive(&mut link.receiver, payloads.len()).await;
        let expected = payloads.clone().map(|it| (name.clone(), it));
        assert!(received == expected, "{name:?}");
    }
}

async fn names_are_no_patterns(program: Program) {
    let server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    let patterns = [
        "*", ">", "?", "a*", "a.*", "a.>", "*.b", "[a-z]", "a.b.>", "%61", "\\a",
    ];
    send(&mut link, patterns.map(subscribe)).await;
    let names = ["a", "b", "a.b", "a.b.c", "a%2Eb", "messi.a", ""];
    let mut orders: Vec<_> = names.iter().map(|it| publish(it, "x")).collect();
    orders.extend(patterns.map(|it| publish(it, it)));
    send(&mut link, orders).await;
    let received = receive(&mut link.receiver, patterns.len()).await;
    let expected = patterns.map(|it| (it.to_owned(), it.as_bytes().to_vec()));
    assert_eq!(received, expected);
}

async fn subscriptions_are_in_effect_when_they_are_sent(program: Program) {
    let server = Server::start(&program);
    let mut first = connect(&server.engine()).await;
    let mut second = connect(&server.engine()).await;
    for round in 0..500 {
        let channel = round.to_string();
        send(&mut first, [subscribe(&channel)]).await;
        send(&mut second, [publish(&channel, "x")]).await;
        let received = receive(&mut first.receiver, 1).await;
        assert_eq!(received, [(channel, b"x".to_vec())]);
    }
}

async fn orders_keep_their_order(program: Program) {
    let server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    let orders = [
        publish("a", "1"),
        subscribe("a"),
        publish("a", "2"),
        unsubscribe("a"),
        publish("a", "3"),
        subscribe("a"),
        publish("a", "4"),
    ];
    send(&mut link, orders).await;
    let received = receive(&mut link.receiver, 2).await;
    let expected = ["2", "4"].map(|it| ("a".to_owned(), it.as_bytes().to_vec()));
    assert_eq!(received, expected);
}

async fn nothing_is_received_after_an_unsubscription(program: Program) {
    let server = Server::start(&program);
    let mut first = connect(&server.engine()).await;
    let mut second = connect(&server.engine()).await;
    send(&mut first, [subscribe("a"), subscribe("b")]).await;
    send(&mut first, [unsubscribe("a"), unsubscribe("never")]).await;
    send(&mut second, [publish("a", "1"), publish("b", "2")]).await;
    let received = receive(&mut first.receiver, 1).await;
    assert_eq!(received, [("b".to_owned(), b"2".to_vec())]);
}

async fn many_subscriptions_are_sent_at_once(program: Program) {
    let server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    let names: Vec<_> = (0..10_000).map(|it| format!("topic {it}")).collect();
    let orders: Vec<_> = names.iter().map(|it| subscribe(it)).collect();
    send(&mut link, orders).await;
    let orders: Vec<_> = names.iter().map(|it| publish(it, "x")).collect();
    send(&mut link, orders).await;
    let received = receive(&mut link.receiver, names.len()).await;
    assert!(received.iter().map(|(channel, _)| channel).eq(&names));
}

async fn orders_of_a_dropped_call_do_not_disturb_the_next_one(program: Program) {
    let server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    send(&mut link, [subscribe("a")]).await;
    for round in 0..100_u32 {
        let orders = vec![publish("a", "dropped"), subscribe("b"), unsubscribe("b")];
        // Mostly, it waits for the answers of the server.
        let _ = link.sender.send(orders).now_or_never();
        send(&mut link, [publish("a", round.to_string())]).await;
        let last = ("a".to_owned(), round.to_string().into_bytes());
        // The orders of the dropped call may have been carried out.
        while receive(&mut link.receiver, 1).await.last() != Some(&last) {}
    }
}

async fn a_killed_server_fails_both_halves(program: Program) {
    let mut server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    let mut idle = connect(&server.engine()).await;
    send(&mut link, [subscribe("a"), publish("a", "1")]).await;
    server.kill();
    let (received, error) = receive_all(&mut link.receiver).await;
    assert_eq!(received, [b"1"]);
    assert!(error.contains("is lost"), "{error}");
    let error = send_until_error(&mut link).await;
    assert!(error.contains("is lost"), "{error}");
    // Without anything that is sent.
    let (_, error) = receive_all(&mut idle.receiver).await;
    assert!(error.contains("is lost"), "{error}");
}

async fn a_lost_link_is_not_renewed(program: Program) {
    let mut server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    send(&mut link, [subscribe("a")]).await;
    server.kill();
    server.restart();
    let error = send_until_error(&mut link).await;
    assert!(error.contains("is lost"), "{error}");
    assert_eq!(server.connections(), 0);
    let mut other = connect(&server.engine()).await;
    send(&mut other, [publish("a", "x")]).await;
    let of_other = server.connections();
    let (received, error) = receive_all(&mut link.receiver).await;
    assert!(received.is_empty());
    assert!(error.contains("is lost"), "{error}");
    assert_eq!(server.connections(), of_other);
}

async fn a_server_that_is_absent_is_an_error(program: Program) {
    let mut server = Server::start(&program);
    server.kill();
    let error = refusal(&server.engine()).await;
    let address = format!(
        "can't connect to the {} server 127.0.0.1:{}",
        tested::NAME,
        server.port()
    );
    assert!(error.contains(&address), "{error}");
    assert!(
        error.to_lowercase().contains("connection refused"),
        "{error}"
    );
}

async fn a_link_that_the_server_cuts_is_an_error(program: Program) {
    // Two messages that it handles before it writes are enough.
    let server = tested::start_impatient(&program);
    let mut link = connect(&server.engine()).await;
    let mut other = connect(&server.engine()).await;
    send(&mut link, [subscribe("a")]).await;
    let sending = async {
        for batch in 0.. {
            let payloads = (16 * batch..).map(numbered).take(16);
            let orders: Vec<_> = payloads.map(|it| publish("a", it)).collect();
            send(&mut other, orders).await;
        }
    };
    let receiving = receive_all(&mut link.receiver);
    let (received, error) = match select(pin!(sending), pin!(receiving)).await {
        Either::Left(_) => panic!("the link is not cut"),
        Either::Right((received, _)) => received,
    };
    // Without a gap.
    assert!(
        (0..)
            .map(numbered)
            .zip(&received)
            .all(|(expected, it)| expected == *it)
    );
    assert!(error.contains("is lost"), "{error}");
    let error = send_until_error(&mut link).await;
    assert!(error.contains("is lost"), "{error}");
}

/// Returns a payload of 12,000 bytes that begins with a number.
fn numbered(number: u32) -> Vec<u8> {
    let mut payload = number.to_be_bytes().to_vec();
    payload.resize(12_000, 0);
    payload
}

async fn a_link_that_does_not_receive_is_closed(program: Program) {
    let server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    let mut other = connect(&server.engine()).await;
    send(&mut link, [subscribe("a")]).await;
    let mut count = 0;
    let error = loop {
        send(&mut other, [publish("a", vec![0; 1 << 20])]).await;
        count += 1;
        // The answer comes behind the message: else the server could cut the link, if that reads too slowly.
        if let Err(error) = link.sender.send(vec![publish("any", "x")]).await {
            break text(error);
        }
    };
    assert!(error.contains("wait to be handled"), "{error}");
    assert!(count >= 64, "{count} MiB");
    let (received, error) = receive_all(&mut link.receiver).await;
    assert!(received.is_empty());
    assert!(error.contains("wait to be handled"), "{error}");
}

async fn half_a_link_keeps_the_connection(program: Program) {
    let server = Server::start(&program);
    let mut link = connect(&server.engine()).await;
    let mut other = connect(&server.engine()).await;
    send(&mut link, [subscribe("a")]).await;
    drop(link.sender);
    send(&mut other, [publish("a", "1")]).await;
    assert_eq!(receive(&mut link.receiver, 1).await.len(), 1);
    drop(link.receiver);
    drop(other.receiver);
    let sent = other.sender.send(vec![publish("a", "1")]).await;
    sent.map_err(text).expect("the order is taken");
    drop(other.sender);
    while server.connections() > 0 {}
}
