//! One work, done once with one peer.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use work::{Job, Outcome, Role, Workload};

use crate::Result;
use crate::catalogue::Peer;
use crate::placement::{Placement, Side, place};

/// What to do, with whom and where.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    pub peer: Peer,
    /// Where the programs are.
    pub programs: &'a Path,
    pub workload: &'a Workload,
    pub seconds: f64,
    pub placement: Placement,
}

impl Trial<'_> {
    /// Starts a server and a client, and waits for what the client has measured.
    pub fn run(&self) -> Result<Outcome> {
        let mut server = self.start_server()?;
        let outcome = self.run_client(&server);
        // The server may know better than the client what went wrong.
        server.stop()?;
        outcome
    }

    fn start_server(&self) -> Result<Server> {
        let role = Role::Server {
            workload: self.workload.clone(),
            variant: self.peer.variant.into(),
        };
        let mut command = self.command(&role)?;
        command.stdin(Stdio::piped());
        let mut process = place(self.placement, Side::Server, || command.spawn())??;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let port: u16 = line
            .trim()
            .parse()
            .map_err(|_| format!("the server has not started: {line:?}"))?;
        let address = ([127, 0, 0, 1], port).into();
        Ok(Server { process, address })
    }

    fn run_client(&self, server: &Server) -> Result<Outcome> {
        let role = Role::Client(Job {
            server: server.address,
            server_pid: server.process.id(),
            workload: self.workload.clone(),
            seconds: self.seconds,
            variant: self.peer.variant.into(),
        });
        let mut command = self.command(&role)?;
        let client = place(self.placement, Side::Client, || command.spawn())??;
        let output = client.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("the client has failed: {}", output.status).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// What they write to standard error is for everyone to see.
    fn command(&self, role: &Role) -> Result<Command> {
        let mut command = Command::new(self.programs.join(self.peer.program));
        command
            .arg(serde_json::to_string(role)?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        Ok(command)
    }
}

/// A server that serves.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Ends it, which must be the first end it sees.
    fn stop(&mut self) -> Result<()> {
        self.process.stdin = None;
        let status = self.process.wait()?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("the server has failed: {status}").into()),
        }
    }
}
