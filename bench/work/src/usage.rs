//! The use of the processor by all threads of a process.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use crate::fail;
use crate::process::field;

/// The use of the processor by a process or one of its threads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// The user and system time.
    pub cpu: Duration,
    /// The number of context switches to its threads.
    pub switches: u64,
}

/// The use of the processor by each thread of a process since its start.
#[derive(Clone, Debug)]
pub struct Threads(HashMap<String, Usage>);

impl Threads {
    /// Reads the counters of a process.
    pub fn of(pid: u32) -> Self {
        let directory = format!("/proc/{pid}/task");
        let threads = fs::read_dir(&directory)
            .unwrap_or_else(|error| fail(format!("reading {directory} failed: {error}")));
        let usage = threads.flatten().filter_map(|thread| {
            // An error means that the thread has ended in the meantime.
            let counters = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            let id = thread.file_name().to_string_lossy().into_owned();
            Some((id, Usage::parse(&counters)))
        });
        Self(usage.collect())
    }

    /// Returns the use of the process since an earlier reading. Threads that have ended are not counted.
    pub fn since(&self, begin: &Self) -> Usage {
        let mut sum = Usage::default();
        for (id, usage) in &self.0 {
            let before = begin.0.get(id).copied().unwrap_or_default();
            sum.cpu += usage.cpu.saturating_sub(before.cpu);
            sum.switches += usage.switches.saturating_sub(before.switches);
        }
        sum
    }
}

impl Usage {
    /// Parses a `schedstat`: nanoseconds on the processor, nanoseconds of waiting for it, and the number of times
    /// that the thread was switched to.
    fn parse(counters: &str) -> Self {
        Self {
            cpu: Duration::from_nanos(field(counters, 0)),
            switches: field(counters, 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::{process, thread};

    use super::*;

    #[test]
    fn a_waiting_thread_is_switched_to_once_for_each_message() {
        const MESSAGES: u64 = 1_000;
        let begin = Threads::of(process::id());
        let (sender, receiver) = mpsc::sync_channel(0);
        let (reply, replies) = mpsc::sync_channel(0);
        let end = thread::spawn(move || {
            for message in receiver {
                reply.send(message).expect("the main thread receives");
            }
            Threads::of(process::id())
        });
        for message in 0..MESSAGES {
            sender.send(message).expect("the thread receives");
            assert_eq!(replies.recv(), Ok(message));
        }
        drop(sender);
        let usage = end
            .join()
            .expect("the thread has not panicked")
            .since(&begin);
        assert!(usage.switches >= MESSAGES, "{usage:?}");
        assert!(usage.cpu > Duration::ZERO, "{usage:?}");
    }
}
