//! Google's protobuf, in a process that decodes and creates messages on request.

mod prepare;

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::preparation::Unprepared;

/// A message of a direction, with its name in the schema.
pub(crate) trait Root {
    const NAME: &'static str;
}

/// A message as Google's protobuf reads it.
pub(crate) struct Decoded {
    /// Its fields, in the form of `listing`.
    pub(crate) lines: Vec<String>,
    /// Its encoding of the message.
    pub(crate) encoded: Vec<u8>,
}

/// The process. It is killed when dropped.
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
            .expect("a Python interpreter");
        Ok(Self {
            requests: child.stdin.take().expect("a pipe"),
            replies: child.stdout.take().expect("a pipe"),
            child,
        })
    }

    /// Decodes a message.
    pub(crate) fn read<M: Root>(&mut self, message: &[u8]) -> Decoded {
        self.ask("read", M::NAME, message)
    }

    /// Creates the random message of a seed.
    pub(crate) fn make<M: Root>(&mut self, seed: u64) -> Decoded {
        self.ask("make", M::NAME, &seed.to_be_bytes())
    }

    fn ask(&mut self, command: &str, name: &str, argument: &[u8]) -> Decoded {
        self.exchange(&[command.as_bytes(), name.as_bytes(), argument])
            .unwrap_or_else(|error| panic!("Python has failed to {command} a {name}: {error}"))
    }

    fn exchange(&mut self, request: &[&[u8]]) -> io::Result<Decoded> {
        for part in request {
            let size = u32::try_from(part.len()).expect("a small size");
            self.requests.write_all(&size.to_be_bytes())?;
            self.requests.write_all(part)?;
        }
        let listing = self.part()?;
        Ok(Decoded {
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
        // Both fail only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
