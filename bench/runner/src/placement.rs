//! The cores that the processes of a trial run on.

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
}

impl Placement {
    pub const ALL: [Self; 3] = [Self::Same, Self::Apart, Self::Free];

    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same core",
            Self::Apart => "apart",
            Self::Free => "free",
        }
    }

    /// Returns the reason if this machine does not support the placement.
    pub fn unsupported(self) -> Option<String> {
        let lacks = self == Self::Apart && cores().is_ok_and(|cores| cores.len() < 2);
        lacks.then(|| "the machine has only one core".into())
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
        (Placement::Free, _) => return Ok(start()),
        (Placement::Same, _) | (Placement::Apart, Side::Server) => cores.first(),
        (Placement::Apart, Side::Client) => cores.get(1),
    };
    let mut set = CpuSet::new();
    set.set(*core.ok_or("the machine has only one core")?);
    sched_setaffinity(None, &set)?;
    let started = start();
    sched_setaffinity(None, &everywhere)?;
    Ok(started)
}

/// Returns the cores that this process may run on.
pub fn cores() -> Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    let cores = (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core));
    Ok(cores.collect())
}
