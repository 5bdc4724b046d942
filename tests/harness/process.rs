//! A peer that runs as a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

use crate::events::{Events, Reporter};

/// A scripted peer; ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdin: ChildStdin,
    events: Events,
}

impl Process {
    /// Starts a peer, which is named in failures.
    pub(crate) fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program is there");
        let (reporter, events) = Events::of(name);
        forward(
            child.stderr.take().expect("is piped"),
            reporter.clone(),
            |reporter, line| {
                reporter.note(&line);
            },
        );
        forward(
            child.stdout.take().expect("is piped"),
            reporter,
            |reporter, line| {
                reporter.event(line);
            },
        );

        Self {
            stdin: child.stdin.take().expect("is piped"),
            child,
            events,
        }
    }

    /// The number that the system knows it by.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the peer reports.
    pub(crate) fn events(&mut self) -> &mut Events {
        &mut self.events
    }

    /// Gives the peer a command.
    pub(crate) fn command(&mut self, command: &str) {
        if writeln!(self.stdin, "{command}").is_err() {
            self.events.fail("takes no commands any more");
        }
    }

    /// Kills the peer, which gives it no chance to say goodbye.
    pub(crate) fn kill(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Stops the peer in its tracks, with its connections open.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen peer go on.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    /// Sends a signal with the shell's own `kill`, as std can send no other than SIGKILL.
    fn signal(&self, name: &str) {
        let status = Command::new("sh")
            .args([
                "-c",
                "kill -\"$1\" \"$2\"",
                "sh",
                name,
                &self.id().to_string(),
            ])
            .status()
            .expect("every system with the peers has a shell");
        assert!(status.success(), "kill -{name}: {status}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Passes on what the peer prints, until it ends.
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
