//! One end of a stream in a process of its own: this program, started again.

use std::env;
use std::io::{self, Read};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::flow::{Client, Report, Server, Settings};
use crate::process::Process;
#[cfg(target_os = "linux")]
use crate::switches::Echo;

/// The first argument of a peer. It is followed by the role and the port, and for an end of a stream by the
/// number of messages, the keep-alive time and whether it has a session.
const PEER: &str = "--peer";

const CLIENT: &str = "client";
const SERVER: &str = "server";
#[cfg(target_os = "linux")]
const ECHO: &str = "echo";

/// Starts a client, which reports its events.
pub(crate) fn client(port: u16, settings: Settings) -> Process {
    start(CLIENT, port, settings)
}

/// Starts a server, which reports its events and `listening`.
pub(crate) fn server(port: u16, settings: Settings) -> Process {
    let mut server = start(SERVER, port, settings);
    server.events().expect("listening");
    server
}

/// Starts a server that sends each message back, on a runtime.
#[cfg(target_os = "linux")]
pub(crate) fn echo(port: u16, runtime: &str) -> Process {
    let mut server = start_with(&[ECHO, &port.to_string(), runtime]);
    server.events().expect("listening");
    server
}

fn start(role: &str, port: u16, settings: Settings) -> Process {
    start_with(&[
        role,
        &port.to_string(),
        &settings.messages.to_string(),
        &settings.keep_alive.as_millis().to_string(),
        &settings.has_session.to_string(),
    ])
}

/// Starts a peer with arguments, of which the first is its role.
fn start_with(arguments: &[&str]) -> Process {
    let this = env::current_exe().expect("the path of this program");
    let mut command = Command::new(this);
    command.arg(PEER).args(arguments);
    Process::start(&format!("the {} of its own", arguments[0]), &mut command)
}

/// Runs a peer if this process was started as one, and returns whether it was.
pub(crate) fn run_if_asked() -> bool {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        #[cfg(target_os = "linux")]
        [PEER, ECHO, port, runtime] => {
            let _server = Echo::start(port.parse().expect("a port"), runtime);
            println!("listening");
            wait_for_parent();
        }
        [PEER, role, port, messages, keep_alive, has_session] => {
            let settings = Settings {
                messages: messages.parse().expect("a number"),
                keep_alive: Duration::from_millis(keep_alive.parse().expect("a number")),
                has_session: has_session.parse().expect("true or false"),
            };
            run(role, port.parse().expect("a port"), settings);
        }
        _ => return false,
    }
    true
}

fn run(role: &str, port: u16, settings: Settings) {
    // A waiting client may connect before `start` returns. Its events are reported after `listening`.
    let first = Arc::new(Mutex::new(()));
    let is_starting = first.lock().unwrap();
    let report: Report = {
        let first = first.clone();
        Arc::new(move |event| {
            let _first = first.lock().unwrap();
            println!("{event}");
        })
    };
    if role == CLIENT {
        let _client = Client::start(port, settings, report);
        drop(is_starting);
        wait_for_parent();
    } else {
        let _server = Server::start(port, settings, &report);
        println!("listening");
        drop(is_starting);
        wait_for_parent();
    }
}

/// Waits until the process that started this one has ended.
fn wait_for_parent() {
    let _ = io::stdin().read_to_end(&mut Vec::new());
}
