//! Runs the examples as programs, and compares their output.
//!
//! A crate of its own: another test could take a port between the moment when it is found free and its
//! use by a program.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// The time limit for each line. Only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(60);

/// A running example. It is killed when dropped.
struct Example {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Example {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(path(name))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let input = child.stdin.take();
        Self {
            child,
            input,
            lines,
        }
    }

    fn write(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Waits for the next line of the output.
    fn line(&self) -> String {
        self.lines.recv_timeout(LIMIT).expect("another line")
    }

    fn expect(&self, lines: &[&str]) {
        for line in lines {
            assert_eq!(self.line(), *line);
        }
    }

    /// Closes the input, waits until the program exits with success, and returns the remaining lines.
    fn finish(mut self) -> Vec<String> {
        drop(self.input.take());
        let mut rest = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(LIMIT) {
            rest.push(line);
        }
        assert!(self.child.wait().unwrap().success());
        rest
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the path of an example, which Cargo builds before it runs tests.
fn path(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    profile
        .join("examples")
        .join(name)
        .with_extension(env::consts::EXE_EXTENSION)
}

/// Returns the URI of a port that was free a moment ago.
fn free_uri() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("tcp://{}", listener.local_addr().unwrap())
}

#[test]
fn users_of_the_chat_receive_each_others_messages() {
    let uri = free_uri();
    let server = Example::start("chat_server", &[&uri]);
    server.expect(&[&format!("Server URI: {uri}"), "Server started."]);

    let mut kalle = Example::start("chat_client", &["Kalle", &uri]);
    kalle.expect(&[&format!("Server URI: {uri}"), "Connected to the server."]);
    server.expect(&[
        "Client <Kalle> connected.",
        "Number of connected clients: 1",
    ]);

    let mut erik = Example::start("chat_client", &["Erik", &uri]);
    erik.expect(&[&format!("Server URI: {uri}"), "Connected to the server."]);
    server.expect(&["Client <Erik> connected.", "Number of connected clients: 2"]);

    kalle.write("Hello!");
    for user in [&kalle, &erik] {
        user.expect(&["<Kalle> Hello!"]);
    }
    erik.write("Hi!");
    for user in [&kalle, &erik] {
        user.expect(&["<Erik> Hi!"]);
    }

    erik.write("Bye!");
    assert_eq!(
        erik.finish().last().unwrap(),
        "Disconnected from the server."
    );
    kalle.expect(&["<Erik> Bye!"]);
    server.expect(&["Number of connected clients: 1"]);

    drop(server);
    kalle.expect(&["Disconnected from the server."]);
}

#[test]
fn my_protocol_prints_all_of_its_events() {
    let lines = Example::start("my_protocol", &[]).finish();
    // Both sides print at the same time, so only causes and their effects have an order.
    let place = |text: &str| {
        let place = lines.iter().position(|line| line.trim() == text);
        place.unwrap_or_else(|| panic!("no line '{text}' in {lines:#?}"))
    };
    let events = [
        "server: started",
        "client: connected, sending FooReq",
        "server: got FooReq, responding with FooRsp",
        "client: got FooRsp",
        "client: sending BarInd twice",
        "server: got BarInd number 1",
        "server: got BarInd number 2",
        "server: sending FieReq",
        "client: got FieReq, responding with FieRsp",
        "server: got FieRsp",
        "client --> server: ping",
        "client <-- server: pong",
        "client: disconnected: keep-alive timeout",
        "client: stopped",
        "server: stopped",
    ];
    assert!(
        events.iter().map(|text| place(text)).is_sorted(),
        "{lines:#?}"
    );
    assert!(place("server: client 1 disconnected: keep-alive timeout") < place("client: stopped"));
}

#[test]
fn a_chat_client_without_a_user_prints_its_usage() {
    let output = Command::new(path("chat_client")).output().unwrap();
    assert!(!output.status.success());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "usage: chat_client <user> [uri]\n"
    );
}
