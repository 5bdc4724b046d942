//! A peer in a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

use crate::events::{Events, Reporter};
use crate::signal;

/// The process of a scripted peer. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdin: ChildStdin,
    events: Events,
}

impl Process {
    /// Starts a peer. Failures show its name.
    pub(crate) fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (reporter, events) = Events::of(name);
        forward(
            child.stderr.take().expect("a pipe"),
            reporter.clone(),
            |reporter, line| {
                reporter.note(&line);
            },
        );
        forward(
            child.stdout.take().expect("a pipe"),
            reporter,
            |reporter, line| {
                reporter.event(line);
            },
        );

        Self {
            stdin: child.stdin.take().expect("a pipe"),
            child,
            events,
        }
    }

    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the events of the peer.
    pub(crate) fn events(&mut self) -> &mut Events {
        &mut self.events
    }

    /// Sends the peer a command.
    pub(crate) fn command(&mut self, command: &str) {
        if writeln!(self.stdin, "{command}").is_err() {
            self.events.fail("the peer no longer takes commands");
        }
    }

    /// Kills the peer, which can't close its connections properly.
    pub(crate) fn kill(&mut self) {
        // Both fail only if the peer has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Suspends the peer. Its connections stay open.
    pub(crate) fn suspend(&self) {
        signal::send(self.id(), "STOP");
    }

    /// Resumes a suspended peer.
    pub(crate) fn resume(&self) {
        signal::send(self.id(), "CONT");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Forwards the peer's output until it ends.
fn forward(
    output: impl Read + Send + 'static,
    reporter: Reporter,
    pass_on: impl Fn(&Reporter, String) + Send + 'static,
) {
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            pass_on(&reporter, String::from_utf8_lossy(&line).into_owned());
        }
    });
}
