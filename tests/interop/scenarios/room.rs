//! Clients of all implementations on one server.

use crate::events::Message;
use crate::party::{ClientKind, Party, ServerKind};
use crate::prepare::Peers;

/// The users and their clients: two of each kind.
const USERS: [(&str, ClientKind); 10] = [
    ("original_c1", ClientKind::OriginalC),
    ("original_c2", ClientKind::OriginalC),
    ("original_python1", ClientKind::OriginalPython),
    ("original_python2", ClientKind::OriginalPython),
    ("rust1", ClientKind::Rust),
    ("rust2", ClientKind::Rust),
    ("c1", ClientKind::C),
    ("c2", ClientKind::C),
    ("python1", ClientKind::Python),
    ("python2", ClientKind::Python),
];

/// The number of messages of each user.
const COUNT: usize = 100;

/// All clients receive all messages in the same order, which keeps the order of each sender.
pub(super) fn all_clients_receive_the_same(peers: &Peers, server: ServerKind) {
    let (_server, port) = server.start(peers);
    let mut clients = USERS.map(|(user, kind)| kind.join(peers, port, user));

    for client in &mut clients {
        client.burst(COUNT);
    }

    let read = clients.each_mut().map(|client| read_all(&mut **client));

    for (messages, (user, _)) in read.iter().zip(USERS) {
        assert!(
            messages == &read[0],
            "{user} read another order than {}",
            USERS[0].0
        );
    }

    for (user, _) in USERS {
        assert_eq!(
            numbers_of(user, &read[0]),
            (1..=COUNT).collect::<Vec<_>>(),
            "of {user}"
        );
    }
}

fn read_all(client: &mut dyn Party) -> Vec<Message> {
    client.events().expect_messages(COUNT * USERS.len())
}

fn numbers_of(user: &str, messages: &[Message]) -> Vec<usize> {
    messages
        .iter()
        .filter(|message| message.user == user)
        .map(|message| message.text.parse().expect("bursts are numbers"))
        .collect()
}
