//! Runs the programs of the preparation.

use std::io;
use std::process::{Command, Output};

use super::Unprepared;

/// Runs a program to its end, and returns its output.
///
/// The error says that the program is not installed, or shows the output of one that fails.
pub(crate) fn run(command: &mut Command) -> Result<String, Unprepared> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| not_started(&program, &error))?;

    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Unprepared::Broken(describe(command, &output)))
    }
}

fn not_started(program: &str, error: &io::Error) -> Unprepared {
    match error.kind() {
        io::ErrorKind::NotFound => Unprepared::Missing(program.to_owned()),
        _ => Unprepared::Broken(format!("can't run {program}: {error}")),
    }
}

fn describe(command: &Command, output: &Output) -> String {
    format!(
        "{command:?} ended with {}:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    )
}
