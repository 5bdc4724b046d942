//! Runs the programs: three nodes over a real server of Valkey, and people on each of them.

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../../tests/harness/engines/mod.rs"]
mod engines;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../../tests/harness/events.rs"]
mod events;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../../tests/harness/port.rs"]
mod port;
#[allow(unused_imports, reason = "other tests use the rest")]
#[path = "../../../tests/harness/preparation/mod.rs"]
mod preparation;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../../tests/harness/process.rs"]
mod process;
#[path = "../../../tests/harness/signal.rs"]
mod signal;

use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Completion, Trial};

use engines::redis::Vendor;
use engines::{Program, Server, outcome};
use process::Process;

fn main() -> ExitCode {
    let trial = Trial::ignorable_test("people_meet_on_three_nodes", || {
        match Vendor::Valkey.program() {
            Ok(program) => {
                people_meet_on_three_nodes(&program);
                Ok(Completion::Completed)
            }
            Err(unprepared) => outcome(&unprepared),
        }
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

fn people_meet_on_three_nodes(program: &Program) {
    let engine = Server::start(program);
    let mut nodes = ["one", "two", "three"].map(|name| start_node(name, &engine));
    let mut kalle = enter("Kalle", &[&nodes[0].1, &nodes[1].1]);
    kalle.events().expect("In the room, on node one.");
    let mut fia = enter("Fia", &[&nodes[2].1]);
    fia.events().expect("In the room, on node three.");
    kalle.events().expect("Fia has come.");
    fia.command("Hello!");
    for person in [&mut kalle, &mut fia] {
        person.events().expect("<Fia> Hello!");
    }
    expect_members(&mut kalle, "In the room: Fia, Kalle");
    nodes[0].0.kill();
    // Another node knows him, and informs the others.
    while kalle.events().next() != "In the room, on node two." {}
    fia.events().expect("Kalle has come.");
    kalle.command("I'm back.");
    fia.events().expect("<Kalle> I'm back.");
}

/// Starts a node on a port that the system chooses. Returns it with its URI.
fn start_node(name: &str, engine: &Server) -> (Process, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_node"));
    command.args(["tcp://127.0.0.1:0", &engine.url(), name]);
    let mut node = Process::start(name, &mut command);
    let started = node.events().next();
    let uri = started.split_once(" started at ").expect("a URI").1;
    let uri = uri.trim_end_matches('.').to_owned();
    (node, uri)
}

/// Starts the client of a person, with the URIs of nodes.
fn enter(user: &str, uris: &[&str]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_client"));
    command.args([user, "garden"]).args(uris);
    Process::start(user, &mut command)
}

/// Asks for the members until they are as expected: others are known within a second.
fn expect_members(person: &mut Process, expected: &str) {
    loop {
        person.command("/who");
        if person.events().next() == expected {
            return;
        }
    }
}
