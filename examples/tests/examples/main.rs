//! Runs the examples as programs, and compares their output. With `MESSI_TEST_RUNTIME=tokio` their main functions, and
//! so their clients and servers, run on tokio.
//!
//! A crate of its own: another test could take a port between the moment when it is found free and its
//! use by a program.

#[allow(dead_code, reason = "the tests of dependencies use the rest")]
#[path = "../../../tests/harness/cargo.rs"]
mod cargo;
mod on_tokio;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, iter};

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
        Self::spawn(name, Command::new(path(name)).args(arguments))
    }

    fn spawn(name: &str, command: &mut Command) -> Self {
        let mut child = command
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

    /// Sends `SIGTERM`.
    #[cfg(unix)]
    fn terminate(&self) {
        let status = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(status.unwrap().success());
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

    /// Waits for a line, and returns those before it.
    fn lines_before(&self, last: &str) -> Vec<String> {
        let lines = iter::from_fn(|| Some(self.line()));
        lines.take_while(|line| line != last).collect()
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

/// The directory of the programs.
static PROGRAMS: LazyLock<PathBuf> = LazyLock::new(|| {
    if env::var("MESSI_TEST_RUNTIME").is_ok_and(|runtime| runtime == "tokio") {
        return on_tokio::build();
    }
    // Cargo builds them before it runs tests.
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    profile.join("examples")
});

/// Returns the path of an example.
fn path(name: &str) -> PathBuf {
    let program = PROGRAMS.join(name);
    program.with_extension(env::consts::EXE_EXTENSION)
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

/// A server of the fleet example.
struct Fleet {
    server: Example,
    uri: String,
}

impl Fleet {
    fn start(uri: String) -> Self {
        let server = Example::start("fleet_server", &[&uri]);
        server.expect(&[&format!("Server started at {uri}.")]);
        Self { server, uri }
    }

    /// Starts a vehicle, and waits until it is in its depot and has the map.
    fn vehicle(&self, name: &str, depot: &str) -> Example {
        let vehicle = Example::start("fleet_vehicle", &[name, depot, &self.uri]);
        vehicle.expect(&["Logged in.", "Map downloaded: 1000000 bytes"]);
        self.server
            .expect(&[&format!("{name} has joined {depot}.")]);
        vehicle
    }

    /// Starts a vehicle with a wrong token, and waits until its login is to be refused.
    fn stranger(&self) -> Example {
        let mut command = Command::new(path("fleet_vehicle"));
        command.args(["Thief", "Kiruna", &self.uri]);
        let stranger = Example::spawn("stranger", command.env("FLEET_TOKEN", "guess"));
        self.server.expect(&["Login refused: wrong token."]);
        stranger
    }

    /// Returns the line that the operator's command prints for each vehicle.
    fn list(&mut self, number: usize) -> Vec<String> {
        self.server.write("list");
        self.server.expect(&[&format!("Vehicles: {number}")]);
        (0..number).map(|_| self.server.line()).collect()
    }
}

#[test]
fn vehicles_of_a_depot_see_each_others_positions() {
    let mut fleet = Fleet::start(free_uri());
    let mut tipper = fleet.vehicle("Tipper", "Lund");
    let tanker = fleet.vehicle("Tanker", "Lund");
    let mut loader = fleet.vehicle("Loader", "Umea");
    let digger = fleet.vehicle("Digger", "Umea");

    // If a position went to the wrong depot, it would be the next line there.
    tipper.write("55.7 13.2");
    tanker.expect(&["Tipper: 55.7 13.2"]);
    loader.write("63.8 20.3");
    digger.expect(&["Loader: 63.8 20.3"]);
    tipper.write("north");
    tipper.expect(&["A position is a latitude and a longitude."]);
    tipper.write("55.8 13.3");
    tanker.expect(&["Tipper: 55.8 13.3"]);

    let expected = [
        "Tipper: 55.8 13.3",
        "Tanker: no position",
        "Loader: 63.8 20.3",
        "Digger: no position",
    ];
    assert_eq!(fleet.list(4), expected);
    let end = ["Disconnected: stopped.", "Stopped. Messages not written: 0"];
    assert_eq!(tipper.finish(), end);
    fleet.server.expect(&["Tipper has left."]);
}

#[test]
fn a_vehicle_sends_the_position_of_a_time_without_a_server_later() {
    let uri = free_uri();
    let mut vehicle = Example::start("fleet_vehicle", &["Tipper", "Lund", &uri]);
    assert!(vehicle.line().starts_with("Not connected: "));
    vehicle.write("55.7 13.2");
    vehicle.lines_before("55.7 13.2 is sent later.");

    let mut fleet = Fleet::start(uri);
    vehicle.lines_before("Logged in.");
    fleet.server.expect(&["Tipper has joined Lund."]);
    let start = Instant::now();
    while fleet.list(1) != ["Tipper: 55.7 13.2"] {
        assert!(start.elapsed() < LIMIT, "no position");
    }
}

#[cfg(unix)]
#[test]
fn a_terminated_server_of_the_fleet_drains() {
    let fleet = Fleet::start(free_uri());
    let vehicle = fleet.vehicle("Tipper", "Lund");
    // Its response is under way when the signal comes.
    let stranger = fleet.stranger();
    let server = fleet.server;
    let start = Instant::now();
    server.terminate();
    server.expect(&["Draining."]);
    stranger.expect(&["Login refused: wrong token."]);
    stranger.expect(&["Disconnected: connection closed by the peer."]);
    vehicle.expect(&["Disconnected: connection closed by the peer."]);
    let end = ["Tipper has left.", "Stopped. Messages not written: 0"];
    assert_eq!(server.finish(), end);
    assert!(start.elapsed() < Duration::from_secs(20));
}
