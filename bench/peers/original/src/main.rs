//! The original Messi in C, generated and compiled like in its users' programs: one thread and an epoll
//! loop on each side. The workloads and checks are in Rust, as for all peers.

mod shim;

use std::net::SocketAddr;
use std::thread;

use shim::{Clients, Conversation, SendHandle};
use work::{Blast, Message, Peer, Script, Session, Workload, descriptor_limit, fail, free_port};

/// The descriptors of a client: its socket, and the timers of keep-alive and of reconnecting.
const DESCRIPTORS_PER_CLIENT: usize = 3;

/// The size of a burst that fits into the socket's buffer. The original's client closes the connection
/// if the buffer is full.
const BYTES_PER_BURST: usize = 44 * 1024;

/// The largest number of messages in a burst.
const MESSAGES_PER_BURST: usize = 1024;

/// The size of text buffers, larger than the texts of most workloads.
const TEXT_SIZE: usize = 128;

struct Original;

impl Peer for Original {
    fn new(variant: &str) -> Option<Self> {
        variant.is_empty().then_some(Self)
    }

    fn unsupported(&self, workload: &Workload) -> Option<String> {
        let needed = workload.connections() * DESCRIPTORS_PER_CLIENT;
        let limit = descriptor_limit();
        (needed >= limit).then(|| {
            format!("it needs {DESCRIPTORS_PER_CLIENT} descriptors for each connection, and the limit is {limit}")
        })
    }

    fn serve(&self, workload: &Workload, listening: impl FnOnce(u16) + Send) {
        let (port, service) = (free_port(), workload.service());
        let sessions = (0..=workload.connections()).map(|_| Session::new(service));
        shim::serve(port, text_size(workload), sessions.collect(), || {
            listening(port)
        });
        fail("starting the server failed")
    }

    fn open(&self, server: SocketAddr, scripts: Vec<Script>) {
        run(
            server,
            TEXT_SIZE,
            scripts.into_iter().map(Following).collect(),
        );
    }

    fn blast(&self, server: SocketAddr, blast: Blast) {
        let size = blast.text_size();
        let burst = (BYTES_PER_BURST / size).clamp(1, MESSAGES_PER_BURST);
        run(server, size, vec![Blasting(blast.in_bursts(burst as u64))]);
    }
}

/// Returns the size of text buffers for a workload.
fn text_size(workload: &Workload) -> usize {
    match *workload {
        Workload::Blast { size } => size.max(TEXT_SIZE),
        _ => TEXT_SIZE,
    }
}

/// Runs the clients on a new thread.
fn run<C: Conversation + Send + 'static>(server: SocketAddr, size: usize, clients: Vec<C>) {
    thread::spawn(move || {
        Clients::new(clients).run(server, size);
        fail("starting the clients failed")
    });
}

/// A client with a script.
struct Following(Script);

impl Conversation for Following {
    fn connected(&mut self, out: &mut SendHandle) {
        self.0.connected(|message| out.send(message));
    }

    fn receive(&mut self, message: Message<'_>, out: &mut SendHandle) {
        self.0.receive(message, |response| out.send(response));
    }

    fn lost(&mut self, reason: &str) {
        self.0.lost(reason);
    }
}

/// The client of a blast.
struct Blasting(Blast);

impl Blasting {
    fn send_all(&mut self, out: &mut SendHandle) {
        while let Some(text) = self.0.next_text() {
            out.send(Message::Chat {
                user: work::USER,
                text,
            });
        }
    }
}

impl Conversation for Blasting {
    fn connected(&mut self, out: &mut SendHandle) {
        self.send_all(out);
    }

    fn receive(&mut self, message: Message<'_>, out: &mut SendHandle) {
        match message {
            Message::Chat { text, .. } => self.0.acknowledge(text),
            Message::Hello => fail("unexpected hello"),
        }
        self.send_all(out);
    }

    fn lost(&mut self, reason: &str) {
        fail(format!("the connection was lost: {reason}"))
    }
}

fn main() {
    work::run::<Original>();
}
