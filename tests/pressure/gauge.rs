//! Measures the memory and the descriptors of the server.

use std::fs;
use std::path::PathBuf;

use crate::process::Process;

pub(crate) const KIB: u64 = 1024;
pub(crate) const MIB: u64 = 1024 * KIB;

/// Measures a process from a certain moment on.
#[derive(Debug)]
pub(crate) struct Gauge {
    directory: PathBuf,
    /// Resident memory at that moment, in bytes.
    baseline: u64,
}

impl Gauge {
    /// Starts to measure.
    pub(crate) fn new(process: &Process) -> Self {
        let directory = PathBuf::from(format!("/proc/{}", process.id()));
        // Resets the peak to the current value.
        fs::write(directory.join("clear_refs"), "5").expect("our own process");
        let mut gauge = Self {
            directory,
            baseline: 0,
        };
        gauge.baseline = gauge.resident();
        gauge
    }

    /// Returns the resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// Returns the peak growth of the resident memory in bytes.
    pub(crate) fn peak_growth(&self) -> u64 {
        self.status("VmHWM:").saturating_sub(self.baseline)
    }

    /// Returns the number of open descriptors.
    pub(crate) fn descriptors(&self) -> usize {
        let entries = fs::read_dir(self.directory.join("fd"));
        entries.expect("a running process").count()
    }

    fn status(&self, name: &str) -> u64 {
        let status = fs::read_to_string(self.directory.join("status")).expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kib.expect("a value in kB")
            .parse::<u64>()
            .expect("a number")
            * KIB
    }
}
