//! The items of this engine that the suite needs.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, ExitCode};

use messi_redis::Redis;

use crate::engines::redis::Vendor;
use crate::engines::{Program, Server};
use crate::suite::runtimes::Runtime;
use crate::suite::{self, Scenario};

pub(crate) const NAME: &str = "Redis";

/// The error of a connection without TLS to a server with it.
pub(crate) const WITHOUT_TLS: &str = "refused the connection";

impl Server {
    pub(crate) fn engine(&self) -> Redis {
        crate::in_mode(Redis::connect(self.url()))
    }

    pub(crate) fn tls_engine(&self, host: &str) -> Redis {
        crate::in_mode(Redis::connect(format!("rediss://{host}:{}", self.port())))
    }

    /// Returns the number of connections, besides that of this question.
    pub(crate) fn connections(&self) -> usize {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port())).expect("a connection");
        socket
            .write_all(b"INFO clients\r\nQUIT\r\n")
            .expect("a connection");
        let lines = BufReader::new(socket).lines().map_while(Result::ok);
        let mut counts = lines.filter_map(|line| {
            let count = line.strip_prefix("connected_clients:")?;
            count.parse::<usize>().ok()
        });
        counts.next().expect("a number") - 1
    }
}

/// Runs the scenarios of each server on each runtime.
pub(crate) fn run(scenarios: fn(Vendor, Runtime) -> Vec<Scenario>) -> ExitCode {
    let pairs = Vendor::ALL.into_iter();
    let pairs = pairs.flat_map(|vendor| Runtime::ALL.map(|runtime| (vendor, runtime)));
    let trials = pairs.flat_map(|(vendor, runtime)| {
        let scenarios = scenarios(vendor, runtime).into_iter();
        scenarios.map(move |scenario| {
            suite::trial(vendor.name(), move || vendor.program(), runtime, scenario)
        })
    });
    suite::run(trials.collect())
}

/// Starts a server that cuts a link for which more than 4 KiB wait, besides a buffer of 16 KiB.
pub(crate) fn start_impatient(program: &Program) -> Server {
    let limit = ["--client-output-buffer-limit", "pubsub", "4kb", "0", "0"];
    Server::with(program, &limit)
}

/// Sets the options of a server with TLS.
pub(crate) fn set_tls(command: &mut Command, port: u16, certificate: &str, key: &str) {
    let options = [
        ["--tls-cert-file", certificate],
        ["--tls-key-file", key],
        ["--tls-ca-cert-file", certificate],
        ["--tls-auth-clients", "no"],
    ];
    command.args(["--port", "0", "--tls-port", &port.to_string()]);
    command.args(options.as_flattened());
}
