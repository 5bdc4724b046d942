//! A server in a process of its own.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, thread};

use crate::{port, signal};

/// A program of a server.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) kind: &'static Kind,
    pub(crate) path: PathBuf,
}

/// How servers of one kind are started.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The scheme of their URLs.
    pub(crate) scheme: &'static str,
    /// Sets the options for a server of this machine on a port.
    pub(crate) configure: fn(&mut Command, u16),
    /// A part of the line that it writes once it accepts connections.
    pub(crate) ready: &'static str,
    /// A part of the line that it writes if another program has the port.
    pub(crate) taken: &'static str,
}

/// A running server. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    program: Program,
    child: Child,
    port: u16,
    directory: PathBuf,
}

impl Server {
    /// Starts a server without a password.
    pub(crate) fn start(program: &Program) -> Self {
        Self::with(program, &[])
    }

    /// Starts a server with these options.
    pub(crate) fn with(program: &Program, options: &[&str]) -> Self {
        Self::configured(program, |command, _port| {
            command.args(options);
        })
    }

    /// Starts a server, with options that may name its port.
    ///
    /// The server reports whether it got the port: another program may have taken it in between.
    pub(crate) fn configured(program: &Program, configure: impl Fn(&mut Command, u16)) -> Self {
        let directory = new_directory();
        loop {
            let port = port::free();
            match spawn(program, &directory, port, &configure) {
                Ok(child) => {
                    return Self {
                        program: program.clone(),
                        child,
                        port,
                        directory,
                    };
                }
                Err(output) if output.contains(program.kind.taken) => {}
                Err(output) => panic!("{} does not start:\n{output}", program.path.display()),
            }
        }
    }

    /// Returns the id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of this server.
    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.program.kind.scheme, self.port)
    }

    /// Returns the directory in which it runs.
    #[allow(dead_code, reason = "tests of other engines do not need it")]
    pub(crate) fn directory(&self) -> &PathBuf {
        &self.directory
    }

    /// Starts a killed server again on the same port, without further options.
    pub(crate) fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// Starts a killed server again on the same port, with these options.
    pub(crate) fn restart_with(&mut self, options: &[&str]) {
        let child = spawn(&self.program, &self.directory, self.port, |command, _| {
            command.args(options);
        });
        self.child = child.expect("the port is free");
    }

    /// Stops the process where it is, without closing its connections.
    pub(crate) fn freeze(&self) {
        signal::send(self.id(), "STOP");
    }

    /// Lets a frozen process go on.
    pub(crate) fn thaw(&self) {
        signal::send(self.id(), "CONT");
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

/// Starts a server, and returns it once it accepts connections. Returns its output if it ends before.
fn spawn(
    program: &Program,
    directory: &PathBuf,
    port: u16,
    configure: impl Fn(&mut Command, u16),
) -> Result<Child, String> {
    // Some write their log to one of them, some to the other.
    let (output, writer) = io::pipe().expect("a pipe");
    let mut command = Command::new(&program.path);
    (program.kind.configure)(&mut command, port);
    configure(&mut command, port);
    command
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().expect("a pipe"))
        .stderr(writer);
    let mut child = command.spawn().expect("the program starts");
    // Else the pipe would never end.
    drop(command);
    let mut output = BufReader::new(output);
    let mut lines = String::new();
    while output.read_line(&mut lines).expect("text") > 0 {
        if lines.contains(program.kind.ready) {
            // It would wait for a full pipe.
            thread::spawn(move || output.read_to_end(&mut Vec::new()));
            return Ok(child);
        }
    }
    let _ = child.wait();
    Err(lines)
}

/// Creates a directory. The path of a Unix socket must be short, which those in the target directory may not be.
fn new_directory() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);

    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!("messi-engine-{}-{number}", process::id()));
    fs::create_dir_all(&path).expect("a directory");
    path
}
