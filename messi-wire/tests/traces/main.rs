//! Replays the traces of `messi-cli/tests/traces`, which all implementations of the protocol share.
//!
//! `README.md` in that directory describes their format. A connection ends here with its trace: the cases about
//! the next connection, and about stopping, are those of the crates that make connections.

mod chat;
mod side;
mod trace;

use std::fs;
use std::path::Path;

use side::Side;
use trace::{Case, Step};

#[test]
fn the_client_behaves_as_in_its_traces() {
    assert_eq!(replay("client.txt"), 21);
}

#[test]
fn the_server_behaves_as_in_its_traces() {
    assert_eq!(replay("server.txt"), 15);
}

/// Replays all cases of a file, at once and byte by byte, and returns their number.
fn replay(file: &str) -> usize {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../messi-cli/tests/traces");
    let text = fs::read_to_string(directory.join(file)).expect("a trace");
    let cases = trace::parse(&text);
    let cases: Vec<&Case> = cases.iter().filter(|it| is_of_connection(it)).collect();
    for case in &cases {
        run(case, usize::MAX);
        run(case, 1);
    }
    cases.len()
}

/// Returns whether a case is about one connection alone: a program neither stops it nor sends too much.
fn is_of_connection(case: &Case) -> bool {
    let mut steps = case.steps.iter();
    let is_stopped = steps.any(|it| it.word == "stop");
    !is_stopped && case.name != "a message that is too big to send ends the connection"
}

/// Runs a case, where at most `step` bytes are received at a time.
fn run(case: &Case, step: usize) {
    let mut side = Side::new(case, step);
    for Step {
        line,
        word,
        argument,
    } in &case.steps
    {
        let place = format!("line {line}, \"{}\", {step} bytes at a time", case.name);
        match word.as_str() {
            "event" => assert_eq!(side.take_event().as_ref(), Some(argument), "{place}"),
            "out" => {
                let expected = trace::bytes(argument);
                assert_eq!(side.take_output(expected.len()), expected, "{place}");
            }
            _ => {
                side.expect_nothing(&place);
                side.act(word, argument);
            }
        }
    }
    side.expect_nothing(&case.name);
}
