//! Google's protobuf, in a process that reads and makes messages for as long as it is asked to.

mod prepare;

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::preparation::Unprepared;

/// One of the messages that a schema is about, by its name there.
pub(crate) trait Root {
    const NAME: &'static str;
}

/// What Google's protobuf makes of a message.
pub(crate) struct Reading {
    /// Its fields, as `listing` has them.
    pub(crate) lines: Vec<String>,
    /// The message, as it encodes it.
    pub(crate) encoded: Vec<u8>,
}

/// The process; it ends with this value.
pub(crate) struct Google {
    child: Child,
    requests: ChildStdin,
    replies: ChildStdout,
}

impl Google {
    pub(crate) fn start() -> Result<Self, Unprepared> {
        let prepared = prepare::prepared()?;
        let mut child = Command::new(&prepared.python)
            .arg(prepare::script())
            .arg(&prepared.descriptors)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter is there");
        Ok(Self {
            requests: child.stdin.take().expect("is piped"),
            replies: child.stdout.take().expect("is piped"),
            child,
        })
    }

    /// Decodes a message.
    pub(crate) fn read<M: Root>(&mut self, message: &[u8]) -> Reading {
        self.ask("read", M::NAME, message)
    }

    /// Makes a message at random, always the same of one seed.
    pub(crate) fn make<M: Root>(&mut self, seed: u64) -> Reading {
        self.ask("make", M::NAME, &seed.to_be_bytes())
    }

    fn ask(&mut self, what: &str, name: &str, argument: &[u8]) -> Reading {
        self.exchange(&[what.as_bytes(), name.as_bytes(), argument])
            .unwrap_or_else(|error| panic!("Python has failed to {what} a {name}: {error}"))
    }

    fn exchange(&mut self, request: &[&[u8]]) -> io::Result<Reading> {
        for part in request {
            let size = u32::try_from(part.len()).expect("is small");
            self.requests.write_all(&size.to_be_bytes())?;
            self.requests.write_all(part)?;
        }
        let listing = self.part()?;
        Ok(Reading {
            lines: String::from_utf8_lossy(&listing)
                .lines()
                .map(str::to_owned)
                .collect(),
            encoded: self.part()?,
        })
    }

    fn part(&mut self) -> io::Result<Vec<u8>> {
        let mut size = [0; 4];
        self.replies.read_exact(&mut size)?;
        let mut part = vec![0; u32::from_be_bytes(size) as usize];
        self.replies.read_exact(&mut part)?;
        Ok(part)
    }
}

impl Drop for Google {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
