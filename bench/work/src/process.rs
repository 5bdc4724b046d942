//! What the operating system knows of processes.

use std::fs;
use std::time::Duration;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::fail;

/// CPU time that a process has used, user and system.
pub(crate) fn cpu(pid: u32) -> Duration {
    ticks(pid, [14, 15])
}

/// CPU time that the children of this process have used which it has waited for, theirs included.
pub fn cpu_of_children() -> Duration {
    ticks(std::process::id(), [16, 17])
}

/// Resident memory of a process, in KiB.
pub(crate) fn resident_kib(pid: u32) -> u64 {
    let pages = field(&read(format!("/proc/{pid}/statm")), 1);
    pages * page_size() as u64 / 1024
}

/// How often, since the machine was started, a connection found the backlog of a listener full.
pub(crate) fn listen_overflows() -> u64 {
    let netstat = read("/proc/net/netstat".into());
    let mut lines = netstat.lines().filter(|line| line.starts_with("TcpExt:"));
    let (Some(names), Some(values)) = (lines.next(), lines.next()) else {
        return 0;
    };
    let position = names.split(' ').position(|name| name == "ListenOverflows");
    position.map_or(0, |position| field(values, position))
}

/// Lets this process have as many descriptors as the system gives it.
pub(crate) fn raise_descriptor_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    // Should it fail, the limit stays what it was.
    let _ = setrlimit(Resource::Nofile, raised);
}

/// How many descriptors this process may have.
pub fn descriptor_limit() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |limit| limit as usize)
}

/// The sum of two fields of a process's `stat`, numbered from 1 as in proc(5), that are in ticks.
fn ticks(pid: u32, fields: [usize; 2]) -> Duration {
    let stat = read(format!("/proc/{pid}/stat"));
    // The second field is a name in parentheses that may hold anything; the third follows it.
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: u64 = fields
        .map(|number| field(after_name, number - 3))
        .iter()
        .sum();
    Duration::from_secs_f64(ticks as f64 / clock_ticks_per_second() as f64)
}

fn read(path: String) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| fail(format!("can't read {path}: {error}")))
}

fn field(line: &str, position: usize) -> u64 {
    let value = line.split_whitespace().nth(position);
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}
