//! Servers with a file of settings.

use std::{env, fs, process};

use crate::engines::{Program, Server};

/// Starts a server with these settings.
pub(crate) fn start(program: &Program, settings: &str) -> Server {
    let name = format!("messi-nats-{}-{:x}.conf", process::id(), fastrand::u64(..));
    let path = env::temp_dir().join(name);
    fs::write(&path, settings).expect("a file");
    let server = Server::with(program, &["--config", path.to_str().expect("UTF-8")]);
    // It has read them.
    let _ = fs::remove_file(path);
    server
}
