//! The other processes of a measurement: this program with other arguments.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use work::fail;

/// A process of this program, which ends with its standard input.
pub(crate) struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts this program, and returns it with the port that it listens on.
    pub(crate) fn start(arguments: &[&str]) -> (Self, u16) {
        let program = std::env::current_exe().unwrap_or_else(|error| fail(error));
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|error| fail(error));
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let mut process = Self {
            child,
            input: input.expect("it is piped"),
            output: BufReader::new(output.expect("it is piped")),
        };
        let line = process.read_line();
        let port = line.parse();
        let port = port.unwrap_or_else(|_| fail(format!("found {line:?}, expected a port")));
        (process, port)
    }

    /// Writes a line to the process, and waits for a line of it.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        let written = writeln!(self.input, "{line}");
        written.unwrap_or_else(|error| fail(error));
        self.read_line()
    }

    fn read_line(&mut self) -> String {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        read.unwrap_or_else(|error| fail(error));
        line.trim_end().to_owned()
    }

    /// Returns the resident memory of the process, in MiB.
    pub(crate) fn resident(&self) -> u64 {
        resident(&self.child.id().to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the resident memory of a process, in MiB. This process is `self`.
pub(crate) fn resident(process: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status"));
    let status = status.unwrap_or_else(|error| fail(error));
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.unwrap_or(0_u64) / 1024
}
