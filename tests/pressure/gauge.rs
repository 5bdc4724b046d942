//! What the system says of the server's memory and descriptors.

use std::fs;
use std::path::PathBuf;

use crate::process::Process;

pub(crate) const KIB: u64 = 1024;
pub(crate) const MIB: u64 = 1024 * KIB;

/// Measures a process from a moment on.
#[derive(Debug)]
pub(crate) struct Gauge {
    directory: PathBuf,
    /// Resident memory at that moment, in bytes.
    baseline: u64,
}

impl Gauge {
    /// Begins to measure.
    pub(crate) fn new(process: &Process) -> Self {
        let directory = PathBuf::from(format!("/proc/{}", process.id()));
        // The peak is to be that of what comes.
        fs::write(directory.join("clear_refs"), "5").expect("the process is ours");
        let mut gauge = Self {
            directory,
            baseline: 0,
        };
        gauge.baseline = gauge.resident();
        gauge
    }

    /// Resident memory, in bytes.
    pub(crate) fn resident(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// By how much resident memory has grown at most, in bytes.
    pub(crate) fn peak_growth(&self) -> u64 {
        self.status("VmHWM:").saturating_sub(self.baseline)
    }

    /// How many descriptors are open.
    pub(crate) fn descriptors(&self) -> usize {
        let entries = fs::read_dir(self.directory.join("fd"));
        entries.expect("the process runs").count()
    }

    fn status(&self, name: &str) -> u64 {
        let status = fs::read_to_string(self.directory.join("status")).expect("the process runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kib.expect("Linux tells it in kB")
            .parse::<u64>()
            .expect("is a number")
            * KIB
    }
}
