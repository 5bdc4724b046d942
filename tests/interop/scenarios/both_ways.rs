//! Messages from a client to a server and back.

use crate::events::{Events, Message};
use crate::party::{ClientKind, Party, ServerKind};
use crate::prepare::Peers;

/// The number of messages in each burst.
const COUNT: usize = 500;

/// Bursts in both directions at the same time arrive in order, without loss or duplicates.
pub(super) fn messages_arrive_in_order(peers: &Peers, server: ServerKind, client: ClientKind) {
    let (mut server, mut client) = connect(peers, server, client);

    client.burst(COUNT);
    server.burst(COUNT);
    let at_server = server.events().expect_messages(COUNT);
    let at_client = client.events().expect_messages(2 * COUNT);

    assert_eq!(texts_of("erik", &at_server), burst());
    assert_eq!(texts_of("erik", &at_client), burst());
    assert_eq!(texts_of("server", &at_client), burst());
    expect_no_duplicates(&mut *server, &mut *client);
}

/// Texts that an incorrect implementation could change arrive unchanged, both ways.
pub(super) fn texts_arrive_as_sent(peers: &Peers, server: ServerKind, client: ClientKind) {
    let (mut server, mut client) = connect(peers, server, client);

    for text in &texts() {
        client.send(text);
        expect_text(server.events(), "erik", text);
        expect_text(client.events(), "erik", text);
        server.send(text);
        expect_text(client.events(), "server", text);
    }
}

fn texts() -> [String; 7] {
    [
        String::new(),
        " ".to_owned(),
        "a".to_owned(),
        "Malmö, Łódź, 東京, 🦀".to_owned(),
        "tab\t, return\r, bell\x07, \"quotes\", \\ and %s".to_owned(),
        // Texts with an encoded size of two and of three bytes.
        "x".repeat(200),
        "ö".repeat(30_000),
    ]
}

fn connect(
    peers: &Peers,
    server: ServerKind,
    client: ClientKind,
) -> (Box<dyn Party>, Box<dyn Party>) {
    let (mut server, port) = server.start(peers);
    let client = client.join(peers, port, "erik");
    server.events().expect("client_connected");
    server.events().expect("connect_req erik");

    (server, client)
}

/// Checks that the next message on each side is a new one: no earlier message arrives twice.
fn expect_no_duplicates(server: &mut dyn Party, client: &mut dyn Party) {
    client.send("end");
    expect_text(server.events(), "erik", "end");
    expect_text(client.events(), "erik", "end");
}

fn expect_text(events: &mut Events, user: &str, text: &str) {
    events.expect(&format!("message {user} {text}"));
}

fn texts_of<'a>(user: &str, messages: &'a [Message]) -> Vec<&'a str> {
    messages
        .iter()
        .filter(|it| it.user == user)
        .map(|it| it.text.as_str())
        .collect()
}

fn burst() -> Vec<String> {
    (1..=COUNT).map(|number| number.to_string()).collect()
}
