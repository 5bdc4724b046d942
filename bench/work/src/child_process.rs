//! The other processes of a measurement: the same program with other arguments.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::fail;

/// A process of this program, which ends with its standard input.
#[derive(Debug)]
pub struct ChildProcess {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl ChildProcess {
    /// Starts this program, and returns it with the port that it listens on, which is its first line.
    pub fn start(arguments: &[&str]) -> (Self, u16) {
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
    pub fn ask(&mut self, line: &str) -> String {
        self.write_line(line);
        self.read_line()
    }

    /// Writes a line to the process.
    pub fn write_line(&mut self, line: &str) {
        let written = writeln!(self.input, "{line}");
        written.unwrap_or_else(|error| fail(error));
    }

    /// Waits for a line of the process. A process that ends before is an error.
    pub fn read_line(&mut self) -> String {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(0) => fail("another process of the measurement has ended"),
            Err(error) => fail(error),
            Ok(_) => {}
        }
        line.trim_end().to_owned()
    }

    /// Returns the id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        // It has no data to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
