//! Fetches, generates and compiles the programs that the scenarios run once, under `target/interop`.
//!
//! Three stages are cached separately, each under a key of its inputs: the tools of the original, which need
//! the network, the original's programs, and ours. Both are built from the same sources in `peers/`: only the
//! generated code differs.

mod originals;
mod ours;
mod sources;
mod tools;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread;

use crate::preparation::{Cache, Unprepared};

pub(crate) use sources::in_peers;

/// The programs that the scenarios run.
#[derive(Debug)]
pub(crate) struct Peers {
    /// The programs around the original's code.
    pub(crate) originals: Programs,
    /// The programs around our code.
    pub(crate) ours: Programs,
    /// An interpreter with the packages that the programs in Python need.
    pub(crate) python: PathBuf,
}

/// Programs around the code of one generator.
#[derive(Debug)]
pub(crate) struct Programs {
    /// The name of the generator, for failures.
    pub(crate) generator: &'static str,
    /// The client in C.
    pub(crate) c_client: PathBuf,
    /// The server in C.
    pub(crate) c_server: PathBuf,
    /// The generated modules that the programs in Python import.
    pub(crate) modules: PathBuf,
}

/// Returns the peers. The first call prepares them.
pub(crate) fn peers() -> Result<&'static Peers, Unprepared> {
    static PEERS: OnceLock<Result<Peers, Unprepared>> = OnceLock::new();

    PEERS.get_or_init(prepare).as_ref().map_err(Clone::clone)
}

fn prepare() -> Result<Peers, Unprepared> {
    if !cfg!(target_os = "linux") {
        return Err(Unprepared::Unsupported(
            "the programs in C need the epoll of Linux",
        ));
    }

    let cache = Cache::open()?;
    thread::scope(|scope| {
        // They do not need the tools of the original, which take as long to fetch.
        let ours = scope.spawn(|| ours::build(&cache));
        let tools = tools::fetch(&cache)?;

        Ok(Peers {
            originals: originals::build(&cache, &tools)?,
            ours: ours.join().expect("no panic")?,
            python: tools.python,
        })
    })
}
