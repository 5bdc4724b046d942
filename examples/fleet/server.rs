//! The server of a fleet: vehicles log in, join a depot, download a map, and receive the positions of the other
//! vehicles of their depot.
//!
//! ```text
//! cargo run -p examples --example fleet_server -- [uri]
//! cargo run -p examples --example fleet_vehicle -- <name> <depot> [uri]
//! ```
//!
//! Vehicles log in with the token in the environment variable `FLEET_TOKEN`, or `fleet` without one. The command
//! `list` on the standard input prints the vehicles. Ctrl-C, or `SIGTERM`, drains the server; a second one ends it
//! sooner.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use std::{env, io};

use async_signal::{Signal, Signals};
use async_std::io::{BufReader, prelude::BufReadExt, stdin};
use futures::StreamExt;
use futures::future::{Either, select};
use messi::StopSummary;

mod session;

mod fleet {
    messi::protocol!("fleet.proto", side = server);
}

use fleet::*;
use session::{Fleet, Session};

/// The time in which a vehicle must log in.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);

/// The time in which the server ends after a signal.
const DRAIN_LIMIT: Duration = Duration::from_secs(20);

impl Display for Position {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.latitude, self.longitude)
    }
}

/// Obeys the commands of an operator on the standard input.
async fn serve_operator(server: FleetServer) -> io::Result<()> {
    let mut commands = BufReader::new(stdin()).lines();
    while let Some(command) = commands.next().await {
        match command?.as_str() {
            "list" => list(&server).await,
            _ => println!("The only command is list."),
        }
    }
    Ok(())
}

/// Prints each vehicle with the position that its handler holds.
async fn list(server: &FleetServer) {
    let vehicles = server.clients();
    println!("Vehicles: {}", vehicles.len());
    for vehicle in vehicles {
        let name = vehicle.user().unwrap_or_default();
        let position = vehicle.with_handler(|session: &mut Session| session.position.clone());
        match position.await {
            Ok(Some(position)) => println!("{name}: {position}"),
            Ok(None) => println!("{name}: no position"),
            Err(error) => println!("{name}: {error}"),
        }
    }
}

/// Returns the signals that end the server. Windows has only that of Ctrl-C.
fn end_signals() -> io::Result<Signals> {
    let mut signals = Signals::new([Signal::Int])?;
    if cfg!(unix) {
        signals.add_signals([Signal::Term])?;
    }
    Ok(signals)
}

/// Drains the server. A second signal ends it sooner.
async fn drain(server: &FleetServer, mut signals: Signals) -> StopSummary {
    let drain = pin!(server.drain(DRAIN_LIMIT));
    match select(drain, signals.next()).await {
        Either::Left((summary, _)) => summary,
        Either::Right(_) => server.stop().await,
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    async_std::task::block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let uri = env::args().nth(1).unwrap_or("tcp://127.0.0.1:6000".into());
    let mut signals = end_signals()?;
    let fleet = Arc::new(Fleet::new());
    let server = FleetServer::builder(uri)
        .login_timeout(LOGIN_TIMEOUT)
        .start(move |_client| Session::new(&fleet))
        .await?;
    println!("Server started at {}.", server.uri());
    async_std::task::spawn(serve_operator(server.clone()));
    signals.next().await;
    println!("Draining.");
    let summary = drain(&server, signals).await;
    println!("Stopped. Messages not written: {}", summary.unwritten);
    Ok(())
}
