//! Commands of the tests themselves to a server.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::engines::Server;

/// Sends commands, one a line, and returns the lines of their answers.
pub(crate) fn run(server: &Server, commands: &str) -> Vec<String> {
    let mut socket = TcpStream::connect(("127.0.0.1", server.port())).expect("a connection");
    write!(socket, "{commands}\r\nQUIT\r\n").expect("a connection");
    let mut answers = Vec::new();
    socket.read_to_end(&mut answers).expect("answers");
    let answers = String::from_utf8_lossy(&answers);
    let lines: Vec<_> = answers.lines().map(str::to_owned).collect();
    assert!(
        !lines.iter().any(|it| it.starts_with('-')),
        "{commands}: {lines:?}"
    );
    lines
}

/// Returns the ids of all connections but that of this command.
pub(crate) fn connections(server: &Server) -> Vec<u64> {
    let lines = run(server, "CLIENT LIST");
    let others = lines.iter().filter(|it| !it.contains("cmd=client"));
    let id = |line: &String| line.strip_prefix("id=")?.split(' ').next()?.parse().ok();
    others.filter_map(id).collect()
}
