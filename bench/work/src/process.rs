//! Reads the counters and limits of processes from the operating system.

use std::fs;
use std::time::Duration;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::fail;

/// The fields of a process's `stat` with the user and the system time of its finished children, numbered from 1
/// like in proc(5).
const CPU_OF_CHILDREN: [usize; 2] = [16, 17];

/// Returns the user and system time of all finished child processes, including their own children.
pub fn cpu_of_children() -> Duration {
    let stat = read("/proc/self/stat");
    // The second field is a name in parentheses and may contain spaces, so fields are counted after it.
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let times = CPU_OF_CHILDREN.map(|number| field(after_name, number - 3));
    let ticks: u64 = times.iter().sum();
    Duration::from_secs_f64(ticks as f64 / clock_ticks_per_second() as f64)
}

/// Returns the resident memory of a process, in KiB.
pub fn resident_kib(pid: u32) -> u64 {
    let pages = field(&read(&format!("/proc/{pid}/statm")), 1);
    pages * page_size() as u64 / 1024
}

/// Returns the number of connections since the start of the machine that found a full backlog.
pub(crate) fn listen_overflows() -> u64 {
    let netstat = read("/proc/net/netstat");
    let mut lines = netstat.lines().filter(|line| line.starts_with("TcpExt:"));
    let (Some(names), Some(values)) = (lines.next(), lines.next()) else {
        return 0;
    };
    let position = names.split(' ').position(|name| name == "ListenOverflows");
    position.map_or(0, |position| field(values, position))
}

/// Raises the limit of file descriptors to the maximum of this process.
pub(crate) fn raise_descriptor_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    // After an error, the limit is unchanged.
    let _ = setrlimit(Resource::Nofile, raised);
}

/// Returns the limit of file descriptors.
pub fn descriptor_limit() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |limit| limit as usize)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| fail(format!("reading {path} failed: {error}")))
}

/// Returns the number at a position in a line of fields, or 0.
pub(crate) fn field(line: &str, position: usize) -> u64 {
    let value = line.split_whitespace().nth(position);
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}
