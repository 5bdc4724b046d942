//! A server in a process of its own.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use messi_redis::Redis;

/// A running server. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    port: u16,
    directory: PathBuf,
}

impl Server {
    /// Starts a server without a password.
    pub(crate) fn start(program: &Path) -> Self {
        Self::with(program, &[])
    }

    /// Starts a server with these options.
    pub(crate) fn with(program: &Path, options: &[&str]) -> Self {
        Self::on_port(program, "--port", options)
    }

    /// Starts a server on a port that this option sets, with these options.
    ///
    /// The server tells whether it got the port: another program may have taken it in between.
    pub(crate) fn on_port(program: &Path, port_option: &str, options: &[&str]) -> Self {
        let directory = new_directory();
        loop {
            let port = unused_port();
            let mut command = command(program, &directory, port_option, port);
            command.args(options);
            match spawn(&mut command) {
                Ok(child) => {
                    return Self {
                        child,
                        port,
                        directory,
                    };
                }
                Err(output) if output.contains("already in use") => {}
                Err(output) => panic!("{} does not start:\n{output}", program.display()),
            }
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the engine for this server.
    pub(crate) fn engine(&self) -> Redis {
        Redis::connect(format!("redis://127.0.0.1:{}", self.port))
    }

    /// Returns the path of its Unix socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.join("socket")
    }

    /// Starts a killed server again on the same port, without options.
    pub(crate) fn restart(&mut self, program: &Path) {
        let mut command = command(program, &self.directory, "--port", self.port);
        self.child = spawn(&mut command).expect("the port is free");
    }

    /// Stops the process where it is, without closing its connections.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen process go on.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let mut kill = Command::new("kill");
        let kill = kill.args(["-s", signal, &self.child.id().to_string()]);
        assert!(kill.status().expect("a status").success());
    }

    /// Kills the server.
    pub(crate) fn kill(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Returns the command that starts a server on a port.
fn command(program: &Path, directory: &Path, port_option: &str, port: u16) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--unixsocket", "socket"])
        .args(["--port", "0", port_option, &port.to_string()])
        .current_dir(directory);
    command
}

/// Starts a server, and returns it once it accepts connections. Returns what it has written if it ends before.
fn spawn(command: &mut Command) -> Result<Child, String> {
    // The log of a server is its standard output.
    let command = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut lines = String::new();
    while output.read_line(&mut lines).expect("text") > 0 {
        if lines.contains("eady to accept connections") {
            // It would wait for a full pipe.
            thread::spawn(move || output.read_to_end(&mut Vec::new()));
            return Ok(child);
        }
    }
    let _ = child.wait();
    Err(lines)
}

/// Returns a port without a listener at this moment.
fn unused_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Creates a directory. The path of a Unix socket must be short, which those in the target directory may not be.
fn new_directory() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);

    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!("messi-redis-{}-{number}", process::id()));
    fs::create_dir_all(&path).expect("a directory");
    path
}
