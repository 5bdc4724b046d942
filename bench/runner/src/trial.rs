//! Runs one workload once with one peer.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use work::{Job, Outcome, Role, Workload};

use crate::Result;
use crate::catalogue::{Peer, Program};
use crate::placement::{Placement, Side, place};
use crate::programs;

/// The settings of one measurement.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    pub peer: Peer,
    pub workload: &'a Workload,
    pub seconds: f64,
    pub placement: Placement,
}

impl Trial<'_> {
    /// Starts a server and a client, and returns the outcome that the client reports.
    pub fn run(&self) -> Result<Outcome> {
        let _other_work = self.placement.other_work()?;
        let mut server = self.start_server()?;
        let outcome = self.run_client(&server);
        // If both fail, the error of the server is more likely to be the cause.
        server.stop()?;
        outcome
    }

    /// Starts the server, and waits until it listens.
    fn start_server(&self) -> Result<Server> {
        let role = Role::Server {
            workload: self.workload.clone(),
            variant: self.peer.server.variant.into(),
        };
        let mut command = self.command(self.peer.server, &role)?;
        command.stdin(Stdio::piped());
        let mut process = place(self.placement, Side::Server, || command.spawn())??;
        let mut line = String::new();
        let output = process.stdout.take().ok_or("no standard output")?;
        BufReader::new(output).read_line(&mut line)?;
        let port: u16 = line
            .trim()
            .parse()
            .map_err(|_| format!("the server did not print a port: {line:?}"))?;
        let address = ([127, 0, 0, 1], port).into();
        Ok(Server { process, address })
    }

    /// Runs the client until it exits.
    fn run_client(&self, server: &Server) -> Result<Outcome> {
        let role = Role::Client(Job {
            server: server.address,
            server_pid: server.process.id(),
            workload: self.workload.clone(),
            seconds: self.seconds,
            variant: self.peer.client.variant.into(),
        });
        let mut command = self.command(self.peer.client, &role)?;
        let client = place(self.placement, Side::Client, || command.spawn())??;
        let output = client.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("the client failed: {}", output.status).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Creates the command of a process. Its standard error stays connected to the terminal.
    fn command(&self, program: Program, role: &Role) -> Result<Command> {
        let mut command = Command::new(programs::path(program));
        command
            .arg(serde_json::to_string(role)?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        Ok(command)
    }
}

/// A running server.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Stops the server by closing its standard input. Returns an error if it failed before.
    fn stop(&mut self) -> Result<()> {
        self.process.stdin = None;
        let status = self.process.wait()?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("the server failed: {status}").into()),
        }
    }
}
