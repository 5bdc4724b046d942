//! The bytes that sessions add to those of messages.

use std::sync::mpsc::channel;

use futures::executor::block_on;
use messi::{Session, Sessions};

use crate::chat::*;

/// The number of messages that are measured.
const MESSAGES: u64 = 1_000_000;

/// The number of messages under way, where they are sent back.
const OUTSTANDING: u64 = 64;

/// Prints the bytes that both sides have sent, with and without sessions.
pub(crate) fn measure() {
    print("one way", one_way);
    print("64 outstanding", outstanding);
}

fn print(name: &str, run: fn(bool) -> u64) {
    let (plain, session) = (run(false), run(true));
    let more = 100.0 * (session as f64 / plain as f64 - 1.0);
    println!("{name}: {plain} bytes, with sessions {session} bytes: {more:+.4} %");
}

/// Connects a client, and returns it with its server.
fn connect<H: ChatServerHandler>(
    has_session: bool,
    handler: fn() -> H,
    reporter: Reporter,
) -> (ChatServer, ChatClient) {
    let server = ChatServer::builder("tcp://127.0.0.1:0");
    let server = match has_session {
        true => server.sessions(Sessions::default()),
        false => server,
    };
    let server = block_on(server.start(move |_| handler())).expect("the port is free");
    let port = server.local_addr().port().expect("it is a TCP address");
    let client = ChatClient::builder(format!("tcp://127.0.0.1:{port}"));
    let client = match has_session {
        true => client.session(Session::default()),
        false => client,
    };
    (
        server,
        client.start(reporter).expect("the address is valid"),
    )
}

/// Returns the bytes that both sides have sent.
fn sent(server: &ChatServer, client: &ChatClient) -> u64 {
    server.stats().total.sent_bytes + client.stats().sent_bytes
}

fn one_way(has_session: bool) -> u64 {
    let (server, client) = connect(has_session, || Sink, Reporter(channel().0));
    block_on(async {
        client.connected().await.expect("the server is there");
        for _ in 0..MESSAGES / 1_000 {
            client.send_all(std::iter::repeat_with(message).take(1_000));
            client.ready().await.expect("the server is there");
        }
        while server.stats().total.received_messages < MESSAGES {
            // Its end is not known otherwise: the server sends no messages.
            client.flush().await.expect("the server is there");
            std::thread::yield_now();
        }
    });
    sent(&server, &client)
}

fn outstanding(has_session: bool) -> u64 {
    let (reports, events) = channel();
    let (server, client) = connect(has_session, || Echo, Reporter(reports));
    block_on(client.connected()).expect("the server is there");
    client.send_all(std::iter::repeat_with(message).take(OUTSTANDING as usize));
    for (received, _) in (1..=MESSAGES).zip(events) {
        if received + OUTSTANDING <= MESSAGES {
            client.send(message());
        }
    }
    sent(&server, &client)
}
