//! Starts programs in C and Python, around the original's code and around ours.

use std::process::Command;

use crate::port;
use crate::prepare::{Peers, Programs, in_peers};
use crate::process::Process;

/// The largest message that programs in C send and accept, in bytes.
pub(crate) const MAX_MESSAGE_SIZE: usize = 64 * 1024 - 4;

/// The number of ports that are tried.
const ATTEMPTS: usize = 5;

/// Starts a client in C.
pub(crate) fn c_client(programs: &Programs, port: u16, user: &str) -> Process {
    let name = format!("{} C client {user}", programs.generator);

    Process::start(
        &name,
        Command::new(&programs.c_client)
            .arg(port::uri(port))
            .arg(user),
    )
}

/// Starts a client in Python.
pub(crate) fn python_client(peers: &Peers, programs: &Programs, port: u16, user: &str) -> Process {
    let name = format!("{} Python client {user}", programs.generator);

    Process::start(
        &name,
        Command::new(&peers.python)
            .arg(in_peers("chat_client.py"))
            .arg(&programs.modules)
            .arg(port::uri(port))
            .arg(user),
    )
}

/// Starts a server in C on a port. Its first event says whether it listens.
pub(crate) fn c_server(programs: &Programs, port: u16) -> Process {
    let name = format!("{} C server", programs.generator);

    Process::start(&name, Command::new(&programs.c_server).arg(port::uri(port)))
}

/// Starts our server in Python on a port. Its first event says whether it listens.
pub(crate) fn python_server(peers: &Peers, port: u16) -> Process {
    Process::start(
        "our Python server",
        Command::new(&peers.python)
            .arg(in_peers("chat_server.py"))
            .arg(&peers.ours.modules)
            .arg(port::uri(port))
            .arg(MAX_MESSAGE_SIZE.to_string()),
    )
}

/// Starts a server on a free port, and returns the port.
pub(crate) fn on_free_port(start: impl Fn(u16) -> Process) -> (Process, u16) {
    for _ in 0..ATTEMPTS {
        let port = port::free();
        let mut server = start(port);

        match server.events().next().as_str() {
            "listening" => return (server, port),
            // Another program has taken the port since it was found free.
            "failed start" => (),
            event => server
                .events()
                .fail(&format!("expected 'listening', got '{event}'")),
        }
    }

    panic!("the server can't listen on any of {ATTEMPTS} ports");
}

/// Starts a server on a port that is free.
pub(crate) fn on_port(port: u16, start: impl Fn(u16) -> Process) -> Process {
    let mut server = start(port);
    server.events().expect("listening");
    server
}
