//! The baseline: blocking sockets, a thread for each connection, and no codec.

mod frames;

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use frames::{Frames, append_frame};
use work::{Action, Blast, Message, Peer, Script, Service, Session, Workload, fail};

/// The largest number of threads that this peer starts.
const MAX_THREADS: usize = 1_000;

/// The number of bytes that a blast writes at once.
const WRITE_SIZE: usize = 64 * 1024;

struct RawStd;

impl Peer for RawStd {
    fn new(variant: &str) -> Option<Self> {
        variant.is_empty().then_some(Self)
    }

    fn unsupported(&self, workload: &Workload) -> Option<String> {
        let needed = workload.connections();
        (needed > MAX_THREADS).then(|| "it needs a thread for each connection".into())
    }

    fn serve(&self, workload: &Workload, listening: impl FnOnce(u16) + Send) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| fail(error));
        listening(
            listener
                .local_addr()
                .unwrap_or_else(|error| fail(error))
                .port(),
        );
        let (service, room) = (workload.service(), Room::default());
        for stream in listener.incoming() {
            let stream = stream.unwrap_or_else(|error| fail(error));
            let room = room.clone();
            thread::spawn(move || serve(stream, service, &room));
        }
    }

    fn open(&self, server: SocketAddr, scripts: Vec<Script>) {
        for script in scripts {
            thread::spawn(move || follow(server, script));
        }
    }

    fn blast(&self, server: SocketAddr, mut blast: Blast) {
        let mut frames = Frames::new(connect(server));
        let mut output = Vec::new();
        loop {
            while let Some(text) = blast.next_text() {
                append_frame(
                    &mut output,
                    Message::Chat {
                        user: work::USER,
                        text,
                    },
                );
                if output.len() >= WRITE_SIZE {
                    flush(frames.stream(), &mut output);
                }
            }
            flush(frames.stream(), &mut output);
            let is_open = frames.read(|message| match message {
                Message::Chat { text, .. } => blast.acknowledge(text),
                Message::Hello => fail("unexpected hello"),
            });
            if !is_open {
                fail("the server closed the connection");
            }
        }
    }
}

/// The sockets of all clients that receive broadcasts.
type Room = Arc<Mutex<Vec<TcpStream>>>;

/// Serves one connection until it ends.
fn serve(stream: TcpStream, service: Service, room: &Room) {
    let mut frames = prepare(stream);
    let mut session = Session::new(service);
    let (mut replies, mut broadcasts) = (Vec::new(), Vec::new());
    loop {
        let is_open = frames.read(|message| match message {
            Message::Hello => append_frame(&mut replies, Message::Hello),
            Message::Chat { user, text } => match session.receive(user, text) {
                Action::Nothing => {}
                Action::Reply => append_frame(&mut replies, message),
                Action::Broadcast => append_frame(&mut broadcasts, message),
            },
        });
        if !is_open {
            return;
        }
        if service == Service::Broadcast && !replies.is_empty() {
            let clone = frames
                .stream()
                .try_clone()
                .unwrap_or_else(|error| fail(error));
            room.lock().expect("no thread panics").push(clone);
        }
        flush(frames.stream(), &mut replies);
        if !broadcasts.is_empty() {
            for stream in &*room.lock().expect("no thread panics") {
                write(stream, &broadcasts);
            }
            broadcasts.clear();
        }
    }
}

/// Runs a script on a new connection.
fn follow(server: SocketAddr, mut script: Script) {
    let mut frames = Frames::new(connect(server));
    let mut output = Vec::new();
    script.connected(|message| append_frame(&mut output, message));
    loop {
        flush(frames.stream(), &mut output);
        let is_open = frames.read(|message| {
            script.receive(message, |response| append_frame(&mut output, response))
        });
        if !is_open {
            let _ = frames.stream().shutdown(Shutdown::Both);
            return script.lost("the server closed the connection");
        }
    }
}

fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap_or_else(|error| fail(error));
    stream.set_nodelay(true).unwrap_or_else(|error| fail(error));
    stream
}

fn prepare(stream: TcpStream) -> Frames {
    stream.set_nodelay(true).unwrap_or_else(|error| fail(error));
    Frames::new(stream)
}

fn flush(stream: &TcpStream, output: &mut Vec<u8>) {
    write(stream, output);
    output.clear();
}

fn write(mut stream: &TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).unwrap_or_else(|error| fail(error));
}

fn main() {
    work::run::<RawStd>();
}
