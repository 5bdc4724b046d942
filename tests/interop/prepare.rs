//! Fetches, generates and compiles the original's programs once, under `target/interop`.
//!
//! Two stages are cached separately, each under a key of its inputs: the tools, which need the network,
//! and the programs, which are rebuilt if a peer's source has changed.

mod programs;
mod tools;

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::preparation::{Cache, Unprepared};

/// The programs that the scenarios run.
#[derive(Debug)]
pub(crate) struct Peers {
    /// The server in C.
    pub(crate) c_server: PathBuf,
    /// The client in C.
    pub(crate) c_client: PathBuf,
    /// An interpreter with the packages that the client in Python needs.
    pub(crate) python: PathBuf,
    /// The client in Python.
    pub(crate) python_client: PathBuf,
    /// The generated modules that the client in Python imports.
    pub(crate) generated: PathBuf,
}

/// Returns the peers. The first call prepares them.
pub(crate) fn peers() -> Result<&'static Peers, Unprepared> {
    static PEERS: OnceLock<Result<Peers, Unprepared>> = OnceLock::new();

    PEERS.get_or_init(prepare).as_ref().map_err(Clone::clone)
}

fn prepare() -> Result<Peers, Unprepared> {
    if !cfg!(target_os = "linux") {
        return Err(Unprepared::Unsupported(
            "the original's C programs need the epoll of Linux",
        ));
    }

    let cache = Cache::open()?;
    let tools = tools::fetch(&cache)?;
    programs::build(&cache, &tools)
}
