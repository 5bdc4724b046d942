//! Starts the original's programs.

use std::process::Command;

use crate::port;
use crate::prepare::Peers;
use crate::process::Process;

/// The largest message that the peers in C send and accept, in bytes.
pub(crate) const MAX_MESSAGE_SIZE: usize = 64 * 1024 - 4;

/// The number of ports that are tried.
const ATTEMPTS: usize = 5;

/// Starts the client in C.
pub(crate) fn c_client(peers: &Peers, port: u16, user: &str) -> Process {
    let name = format!("C client {user}");

    Process::start(
        &name,
        Command::new(&peers.c_client).arg(port::uri(port)).arg(user),
    )
}

/// Starts the client in Python.
pub(crate) fn python_client(peers: &Peers, port: u16, user: &str) -> Process {
    let name = format!("Python client {user}");

    Process::start(
        &name,
        Command::new(&peers.python)
            .arg(&peers.python_client)
            .arg(&peers.generated)
            .arg(port::uri(port))
            .arg(user),
    )
}

/// Starts the server in C, and returns its port.
pub(crate) fn c_server(peers: &Peers) -> (Process, u16) {
    for _ in 0..ATTEMPTS {
        let port = port::free();
        let mut server = start_c_server(peers, port);

        match server.events().next().as_str() {
            "listening" => return (server, port),
            // Another program has taken the port since it was found free.
            "failed start" => (),
            event => server
                .events()
                .fail(&format!("expected 'listening', got '{event}'")),
        }
    }

    panic!("the C server can't listen on any of {ATTEMPTS} ports");
}

/// Starts the server in C on a port.
pub(crate) fn c_server_at(peers: &Peers, port: u16) -> Process {
    let mut server = start_c_server(peers, port);
    server.events().expect("listening");
    server
}

fn start_c_server(peers: &Peers, port: u16) -> Process {
    Process::start(
        "C server",
        Command::new(&peers.c_server).arg(port::uri(port)),
    )
}
