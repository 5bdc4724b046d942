//! The cores that the processes of a trial run on.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use clap::ValueEnum;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

use crate::Result;

/// A placement of the two processes on cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// Both processes run on the same core.
    Same,
    /// Each process has a core of its own.
    Apart,
    /// The operating system decides.
    Free,
    /// The operating system decides, and other work keeps one core busy.
    Busy,
}

impl Placement {
    pub const ALL: [Self; 4] = [Self::Same, Self::Apart, Self::Free, Self::Busy];

    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same core",
            Self::Apart => "apart",
            Self::Free => "free",
            Self::Busy => "one core busy",
        }
    }

    /// Returns the reason if this machine does not support the placement.
    pub fn unsupported(self) -> Option<String> {
        let needs_two = matches!(self, Self::Apart | Self::Busy);
        let lacks = needs_two && cores().is_ok_and(|cores| cores.len() < 2);
        lacks.then(|| ONE_CORE.into())
    }

    /// Starts the other work of the placement, if it has any.
    pub fn other_work(self) -> Result<Option<OtherWork>> {
        match self {
            Self::Busy => Ok(Some(OtherWork::start()?)),
            Self::Same | Self::Apart | Self::Free => Ok(None),
        }
    }
}

const ONE_CORE: &str = "the machine has only one core";

/// A thread that computes on the second core, without waiting, until this is dropped.
///
/// The scheduler treats it like a process, but it can't outlive the runner.
#[derive(Debug)]
pub struct OtherWork {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl OtherWork {
    fn start() -> Result<Self> {
        let core = *cores()?.get(1).ok_or(ONE_CORE)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let is_over = is_over.clone();
            move || {
                // The core exists, and an unpinned thread takes the time of a core, too.
                let _ = sched_setaffinity(None, &only(core));
                let mut number = 1_u64;
                while !is_over.load(Ordering::Relaxed) {
                    number = black_box(number.wrapping_mul(3));
                }
            }
        });
        Ok(Self {
            is_over,
            thread: Some(thread),
        })
    }
}

impl Drop for OtherWork {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // The thread does not panic.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// One of the two processes.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    Server,
    Client,
}

/// Calls `start`, which starts a process, and restricts that process to its cores.
///
/// A new process inherits the cores of the thread that starts it. Its runtime therefore never counts
/// other cores, as it could if the restriction came later.
pub fn place<T>(placement: Placement, side: Side, start: impl FnOnce() -> T) -> Result<T> {
    let everywhere = sched_getaffinity(None)?;
    let cores = cores()?;
    let core = match (placement, side) {
        (Placement::Free | Placement::Busy, _) => return Ok(start()),
        (Placement::Same, _) | (Placement::Apart, Side::Server) => cores.first(),
        (Placement::Apart, Side::Client) => cores.get(1),
    };
    sched_setaffinity(None, &only(*core.ok_or(ONE_CORE)?))?;
    let started = start();
    sched_setaffinity(None, &everywhere)?;
    Ok(started)
}

/// Returns the set of one core.
fn only(core: usize) -> CpuSet {
    let mut set = CpuSet::new();
    set.set(core);
    set
}

/// Returns the cores that this process may run on.
pub fn cores() -> Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    let cores = (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core));
    Ok(cores.collect())
}
