//! Signals to other processes.

use std::process::Command;

/// Sends a signal, such as `STOP`, by the `kill` of the shell: std can only send SIGKILL.
pub(crate) fn send(process: u32, name: &str) {
    let arguments = ["-c", "kill -\"$1\" \"$2\"", "sh", name];
    let mut shell = Command::new("sh");
    let kill = shell.args(arguments).arg(process.to_string());
    let status = kill.status().expect("a shell");
    assert!(status.success(), "kill -{name}: {status}");
}
