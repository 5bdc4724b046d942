//! The examples in C talk to each other.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::slice;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::Test;
use crate::generated::{CHAT, Generated, MY_PROTOCOL, in_repository};
use crate::preparation::Unprepared;

pub(crate) const TESTS: &[Test] = &[("example_chat", chat), ("example_my_protocol", my_protocol)];

/// The limit of waiting for a line.
const LIMIT: Duration = Duration::from_secs(20);

fn chat() -> Result<(), Unprepared> {
    let linux = Generated::new("linux", CHAT)?;
    let none = Generated::new("none", CHAT)?;
    let port = free_port();
    let uri = format!("tcp://127.0.0.1:{port}");

    let mut server = start(&linux, "examples/chat/c/server.c", &[&uri])?;
    server.expect(&format!("Server URI: {uri}"));
    server.expect("Server started.");
    let mut erik = start(&linux, "examples/chat/c/client.c", &["Erik", &uri])?;
    erik.expect(&format!("Server URI: {uri}"));
    erik.expect("Connected to the server.");
    server.expect("Client <Erik> connected.");
    server.expect("Number of connected clients: 1");
    let port = port.to_string();
    let mut anna = start(
        &none,
        "examples/chat/c/none.c",
        &["Anna", "127.0.0.1", &port],
    )?;
    anna.expect(&format!("Server URI: {uri}"));
    anna.expect("Connected to the server.");
    server.expect("Client <Anna> connected.");
    server.expect("Number of connected clients: 2");

    anna.write("Hello!");
    erik.expect("<Anna> Hello!");
    anna.expect("<Anna> Hello!");
    erik.write("Hi, Anna.");
    erik.expect("<Erik> Hi, Anna.");
    anna.expect("<Erik> Hi, Anna.");

    anna.end_input();
    server.expect("Number of connected clients: 1");
    drop(server);
    erik.expect("Disconnected from the server: Connection closed.");
    Ok(())
}

fn my_protocol() -> Result<(), Unprepared> {
    let generated = Generated::new("linux", MY_PROTOCOL)?;
    let uri = format!("tcp://127.0.0.1:{}", free_port());
    let mut server = start(&generated, "examples/my_protocol/c/server.c", &[&uri])?;
    server.expect(&format!("Server URI: {uri}"));
    server.expect("Server started.");
    let mut client = start(&generated, "examples/my_protocol/c/client.c", &[&uri])?;
    for line in [
        &format!("Server URI: {uri}"),
        "Connected. Sending FooReq.",
        "Got FooRsp. Sending BarInd twice.",
        "Got FieReq. Responding with FieRsp.",
    ] {
        client.expect(line);
    }
    for line in [
        "Client 1 connected.",
        "Got FooReq. Responding with FooRsp.",
        "Got BarInd number 1.",
        "Got BarInd number 2.",
        "Sending FieReq.",
        "Got FieRsp.",
    ] {
        server.expect(line);
    }
    drop(client);
    server.expect("Client 1 disconnected: Connection closed.");
    Ok(())
}

/// Returns a port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    listener.local_addr().expect("an address").port()
}

/// A running example. It is killed when dropped.
struct Example {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

/// Compiles an example as its comment says, but with all warnings as errors, and starts it.
fn start(generated: &Generated, source: &str, arguments: &[&str]) -> Result<Example, Unprepared> {
    let source = in_repository(source);
    let built = generated.compile(slice::from_ref(&source), &["-std=c99", "-O2"])?;
    let name = file_stem(&source);
    // Several programs are built in one directory.
    let executable = generated.path(&format!("example_{name}"));
    std::fs::rename(&built, &executable).expect("the program can be renamed");

    let mut child = Command::new(executable)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example starts");
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    Ok(Example {
        name,
        input: child.stdin.take(),
        child,
        lines,
    })
}

fn file_stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

impl Example {
    /// Expects the next line of the output.
    fn expect(&mut self, expected: &str) {
        let line = self.lines.recv_timeout(LIMIT);
        assert_eq!(line.as_deref(), Ok(expected), "of {}", self.name);
    }

    /// Writes a line to the input.
    fn write(&mut self, line: &str) {
        let input = self.input.as_mut().expect("the input is open");
        writeln!(input, "{line}").expect("the example reads");
    }

    /// Ends the input, and waits until the program has ended by itself.
    fn end_input(&mut self) {
        self.input = None;
        assert!(self.child.wait().expect("the example ends").success());
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // Both fail only if the program has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
