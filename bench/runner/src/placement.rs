//! Which process may run on which core.

use clap::ValueEnum;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

use crate::Result;

/// A column of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// Both processes on the same core.
    Same,
    /// A core for each process.
    Apart,
    /// As the system likes it.
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

    /// Why this machine can't do it, if it can't.
    pub fn unsupported(self) -> Option<String> {
        let lacks = self == Self::Apart && cores().is_ok_and(|cores| cores.len() < 2);
        lacks.then(|| "there is one core only".into())
    }
}

/// Either of the processes.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    Server,
    Client,
}

/// Runs `start` in such a way that a process which it starts may run where it should.
///
/// A process inherits the cores of the thread that starts it, so that its runtime never sees more.
pub fn place<T>(placement: Placement, side: Side, start: impl FnOnce() -> T) -> Result<T> {
    let everywhere = sched_getaffinity(None)?;
    let cores = cores()?;
    let core = match (placement, side) {
        (Placement::Free, _) => return Ok(start()),
        (Placement::Same, _) | (Placement::Apart, Side::Server) => cores.first(),
        (Placement::Apart, Side::Client) => cores.get(1),
    };
    let mut set = CpuSet::new();
    set.set(*core.ok_or("there is one core only")?);
    sched_setaffinity(None, &set)?;
    let started = start();
    sched_setaffinity(None, &everywhere)?;
    Ok(started)
}

/// The cores that this process may run on.
pub fn cores() -> Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    let cores = (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core));
    Ok(cores.collect())
}
