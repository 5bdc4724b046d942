//! A proxy between a node and the engine, which can fail as a network does.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::{mem, thread};

use crate::events::LIMIT;

/// Forwards connections to a port of this machine.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_cut: bool,
    /// Both sockets of each connection.
    streams: Vec<TcpStream>,
    /// The number of connections until now.
    connections: u32,
    /// The connections with a lower number are held.
    held_below: u32,
    /// The number of the connection of each direction in which there may be something left to forward.
    open: Vec<u32>,
}

impl Proxy {
    pub(crate) fn start(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::<Shared>::default();
        let accepting = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                accepting.accept(client, target);
            }
        });
        Self { port, shared }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Closes all connections, and new ones at once.
    pub(crate) fn cut(&self) {
        let mut state = self.shared.state.lock().unwrap();
        state.is_cut = true;
        for stream in state.streams.drain(..) {
            // Fails if it is closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Accepts connections again.
    pub(crate) fn heal(&self) {
        self.shared.state.lock().unwrap().is_cut = false;
    }

    /// Keeps the bytes that come on the connections of this moment. New ones are forwarded.
    pub(crate) fn hold(&self) {
        let mut state = self.shared.state.lock().unwrap();
        state.held_below = state.connections;
    }

    /// Forwards the kept bytes, and waits until that has been done. The node must have closed those connections.
    pub(crate) fn release(&self) {
        let mut state = self.shared.state.lock().unwrap();
        let held_below = mem::take(&mut state.held_below);
        self.shared.changed.notify_all();
        let is_open = |state: &mut State| state.open.iter().any(|number| *number < held_below);
        let changed = self
            .shared
            .changed
            .wait_timeout_while(state, LIMIT, is_open);
        let (state, waiting) = changed.expect("no thread has panicked");
        drop(state);
        assert!(!waiting.timed_out(), "the node keeps its connections");
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, client: TcpStream, target: u16) {
        let mut state = self.state.lock().unwrap();
        if state.is_cut {
            return;
        }
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)) else {
            return;
        };
        let number = state.connections;
        state.connections += 1;
        state.open.extend([number; 2]);
        let copy = |stream: &TcpStream| stream.try_clone().expect("a free descriptor");
        state.streams.extend([copy(&client), copy(&server)]);
        for (from, to) in [(copy(&client), copy(&server)), (server, client)] {
            let shared = self.clone();
            thread::spawn(move || shared.forward(number, from, to));
        }
    }

    /// Forwards one direction of a connection.
    fn forward(&self, number: u32, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(size @ 1..) = from.read(&mut buffer) {
            let state = self.state.lock().unwrap();
            drop(
                self.changed
                    .wait_while(state, |state| number < state.held_below),
            );
            if to.write_all(&buffer[..size]).is_err() {
                break;
            }
        }
        // Fails if it is closed already.
        let _ = to.shutdown(Shutdown::Write);
        let mut state = self.state.lock().unwrap();
        let place = state.open.iter().position(|it| *it == number);
        place.map(|place| state.open.swap_remove(place));
        drop(state);
        self.changed.notify_all();
    }
}
