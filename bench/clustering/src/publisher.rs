//! A process that publishes without messi: one command for each message, written in bursts.

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;
use std::thread;

use work::fail;

use crate::blast::{BURST, Progress};
use crate::chat::MESSAGE_SIZE;
use crate::engine;

/// The argument that selects this role.
pub(crate) const ROLE: &str = "publisher";

/// The payload of a message.
pub(crate) const PAYLOAD: &[u8] = &[b'x'; MESSAGE_SIZE];

/// Publishes as the lines of the standard input ask.
pub(crate) fn run(kind: &str, url: &str) {
    let burst = engine::kind(kind)
        .publication(PAYLOAD)
        .repeat(BURST as usize);
    let address = engine::address(url).unwrap_or_else(|error| fail(error));
    let mut socket = connect(address).unwrap_or_else(|error| fail(error));
    let mut progress = None;
    println!("{}", address.port());
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match &line.split(' ').collect::<Vec<_>>()[..] {
            ["follow", port] => {
                progress = Some(Progress::connect(port));
                println!();
            }
            ["blast", seconds, _] => {
                let progress = progress.as_mut().unwrap_or_else(|| fail("no receivers"));
                let blast = progress.blast(seconds, || {
                    let written = socket.write_all(&burst);
                    written.unwrap_or_else(|error| fail(error));
                });
                println!("{}", serde_json::json!(blast));
            }
            _ => fail(format_args!("unknown command {line:?}")),
        }
    }
}

/// Connects to an engine, and reads away its answers.
pub(crate) fn connect(address: std::net::SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let mut answers = socket.try_clone()?;
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while answers.read(&mut buffer).is_ok_and(|size| size > 0) {}
    });
    Ok(socket)
}
