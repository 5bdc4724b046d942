//! Measures clusters: broadcasts to the clients of three nodes, the time from node to node, and how fast nodes notice
//! failures, beside the bare engine.

mod blast;
mod capacity;
mod chat;
mod command;
mod engine;
mod failures;
mod latency;
mod node;
mod nodes;
mod options;
mod publisher;
mod receivers;
mod results;
mod throughput;

#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../../../tests/harness/engines/mod.rs"]
mod engines;

#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../../../tests/harness/preparation/mod.rs"]
mod preparation;

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../../tests/harness/port.rs"]
mod port;

use std::process::ExitCode;

use clap::Parser;
use options::Options;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [node::ROLE, kind, url] => node::run(kind, url),
        [publisher::ROLE, kind, url] => publisher::run(kind, url),
        [receivers::ROLE, receivers] => receivers::run(receivers),
        _ => return runner::exit_code(command::run(Options::parse())),
    }
    ExitCode::SUCCESS
}
