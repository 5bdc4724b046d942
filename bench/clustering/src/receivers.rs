//! A process that only receives: clients of nodes, or subscribers of the bare engine.
//!
//! It counts bytes instead of decoding messages, which all have the same size: the processor is for the nodes. All of it
//! is done by one thread.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use serde::{Deserialize, Serialize};
use work::fail;

use crate::blast::BURST;
use crate::chat::{FRAME_SIZE, UNKNOWN_MESSAGE};
use crate::engine::Engine;
use crate::publisher::PAYLOAD;

/// The argument that selects this role.
pub(crate) const ROLE: &str = "receivers";

/// The settings of the receivers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Receivers {
    /// One for each of them.
    pub(crate) addresses: Vec<SocketAddr>,
    /// The bytes that they send first.
    pub(crate) hello: Vec<u8>,
    /// The size of the answer to it.
    pub(crate) answer_size: usize,
    /// The size of each message with all that is around it.
    pub(crate) delivery_size: usize,
}

/// A connection, and the number of bytes received.
struct Receiver {
    socket: TcpStream,
    bytes: u64,
}

impl Receiver {
    fn new(socket: TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { socket, bytes: 0 })
    }
}

/// Connects, prints the port for a publisher, and reports to it the number of messages that all have received: after
/// each burst.
pub(crate) fn run(receivers: &str) {
    let receivers: Receivers = serde_json::from_str(receivers).unwrap_or_else(|error| fail(error));
    thread::spawn(|| {
        let _ = io::stdin().read_line(&mut String::new());
        std::process::exit(0);
    });
    receive(&receivers).unwrap_or_else(|error| fail(error));
}

fn receive(receivers: &Receivers) -> io::Result<()> {
    let sockets = receivers.connect()?.into_iter().map(Receiver::new);
    let mut sockets = sockets.collect::<io::Result<Vec<_>>>()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    let (mut publisher, _) = listener.accept()?;
    publisher.set_nodelay(true)?;
    let mut buffer = vec![0; 256 * 1024];
    let mut reported = 0;
    loop {
        receive_some(&mut sockets, &mut buffer)?;
        let bytes = sockets.iter().map(|receiver| receiver.bytes).min();
        let messages = bytes.unwrap_or_default() / receivers.delivery_size as u64;
        let bursts = messages / BURST;
        if bursts > reported {
            reported = bursts;
            publisher.write_all(&(bursts * BURST).to_le_bytes())?;
        }
    }
}

impl Receivers {
    /// Returns subscribers of the bare engine.
    pub(crate) fn subscribers(engine: &Engine, count: usize) -> Self {
        Self {
            addresses: vec![engine.address(); count],
            hello: engine.kind.subscription(),
            answer_size: engine.kind.subscription_answer_size(),
            delivery_size: engine.kind.delivery_size(PAYLOAD),
        }
    }

    /// Returns clients of nodes, this number for each.
    pub(crate) fn clients(nodes: &[SocketAddr], count: usize) -> Self {
        let addresses = nodes.iter().cycle().copied();
        Self {
            addresses: addresses.take(nodes.len() * count).collect(),
            hello: UNKNOWN_MESSAGE.into(),
            answer_size: 0,
            delivery_size: FRAME_SIZE,
        }
    }

    /// Connects all of them.
    pub(crate) fn connect(&self) -> io::Result<Vec<TcpStream>> {
        let sockets = self.addresses.iter().map(|address| {
            let mut socket = TcpStream::connect(address)?;
            socket.write_all(&self.hello)?;
            socket.read_exact(&mut vec![0; self.answer_size])?;
            Ok(socket)
        });
        sockets.collect()
    }
}

/// Waits until some have received, and reads once from each of these.
fn receive_some(receivers: &mut [Receiver], buffer: &mut [u8]) -> io::Result<()> {
    let polled = receivers.iter();
    let mut polled: Vec<_> = polled
        .map(|receiver| PollFd::new(&receiver.socket, PollFlags::IN))
        .collect();
    poll(&mut polled, None)?;
    let ready: Vec<_> = polled.iter().map(|it| !it.revents().is_empty()).collect();
    drop(polled);
    for (receiver, _) in receivers.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
        match receiver.socket.read(buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(size) => receiver.bytes += size as u64,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
