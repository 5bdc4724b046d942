//! A vehicle of a fleet: logs in, joins a depot, and downloads the map once. It sends each position of the standard
//! input, and prints those of the other vehicles of its depot. Positions written without a connection are sent
//! later. It ends at the end of the input.
//!
//! ```text
//! cargo run -p examples --example fleet_vehicle -- <name> <depot> [uri]
//! ```
//!
//! A position is a latitude and a longitude in degrees, as in `57.7 11.97`. The token for the login is in the
//! environment variable `FLEET_TOKEN`, or `fleet` without one.

use std::env;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::process::ExitCode;
use std::time::Duration;

use async_std::io::{BufReader, prelude::BufReadExt, stdin};
use futures::StreamExt;
use messi::{ConnectError, DisconnectReason, Report, RequestError, Retry};

mod fleet {
    messi::protocol!("fleet.proto", side = client);
}

use fleet::*;

/// The delay after which a vehicle that was refused tries again.
const REFUSED_DELAY: Duration = Duration::from_secs(60);

/// The offline queue: its size in bytes, and the age at which a position is of no use.
const OFFLINE_QUEUE: (usize, Duration) = (64 * 1024, Duration::from_secs(600));

/// The handler of the connection.
struct Vehicle {
    name: String,
    depot: String,
    token: String,
    /// The part of the map that has arrived.
    map: Vec<u8>,
    /// Size of the whole map, once the server has sent it.
    map_size: Option<u64>,
}

impl Vehicle {
    fn has_map(&self) -> bool {
        self.map_size == Some(self.map.len() as u64)
    }

    /// Sends the first messages of a vehicle that is logged in. They precede those of the offline queue.
    fn begin(&self, client: &FleetClient) {
        println!("Logged in.");
        client.send(JoinInd {
            depot: self.depot.clone(),
        });
        if !self.has_map() {
            // A download that was interrupted goes on.
            let offset = self.map.len() as u64;
            client.send(MapReq { offset });
        }
    }
}

impl FleetClientHandler for Vehicle {
    async fn on_connected(&mut self, client: &FleetClient) {
        let request = LoginReq {
            name: self.name.clone(),
            token: self.token.clone(),
        };
        match client.login_req(request).await {
            Ok(response) if response.refusal.is_empty() => self.begin(client),
            Ok(response) => {
                println!("Login refused: {}.", response.refusal);
                client.retry_after(REFUSED_DELAY);
            }
            Err(error) => {
                println!("Login failed: {}.", Report(&error));
                if let RequestError::Timeout { .. } = error {
                    client.reconnect();
                }
            }
        }
    }

    async fn on_map_rsp(&mut self, _: &FleetClient, response: MapRsp) {
        self.map_size = Some(response.size);
    }

    async fn on_map_part_ind(&mut self, _: &FleetClient, part: MapPartInd) {
        self.map.extend(part.data);
        if self.has_map() {
            println!("Map downloaded: {} bytes", self.map.len());
        }
    }

    async fn on_vehicle_ind(&mut self, _: &FleetClient, vehicle: VehicleInd) {
        println!("{}: {}", vehicle.name, vehicle.position.unwrap_or_default());
    }

    async fn on_disconnected(&mut self, _: &FleetClient, reason: DisconnectReason) {
        println!("Disconnected: {reason}.");
    }

    async fn on_connect_failure(&mut self, _: &FleetClient, error: &ConnectError) -> Retry {
        println!("Not connected: {}.", Report(error));
        Retry::Backoff
    }
}

impl Display for Position {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.latitude, self.longitude)
    }
}

/// Reads a position, such as `57.7 11.97`.
fn parse(line: &str) -> Option<Position> {
    let (latitude, longitude) = line.trim().split_once(' ')?;
    Some(Position {
        latitude: latitude.parse().ok()?,
        longitude: longitude.trim().parse().ok()?,
    })
}

/// Sends the positions of the standard input until it ends.
async fn send_positions(client: &FleetClient) -> Result<(), Box<dyn Error>> {
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next().await {
        let Some(position) = parse(&line?) else {
            println!("A position is a latitude and a longitude.");
            continue;
        };
        if !client.is_connected() {
            println!("{position} is sent later.");
        }
        client.send(position);
    }
    Ok(())
}

async fn drive(vehicle: Vehicle, uri: String) -> Result<(), Box<dyn Error>> {
    let (bytes, age) = OFFLINE_QUEUE;
    let client = FleetClient::builder(uri)
        .offline_queue(bytes, age)
        .start(vehicle)?;
    send_positions(&client).await?;
    let summary = client.stop().await;
    println!("Stopped. Messages not written: {}", summary.unwritten);
    Ok(())
}

fn main() -> ExitCode {
    async_std::task::block_on(run())
}

async fn run() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(name), Some(depot)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: fleet_vehicle <name> <depot> [uri]");
        return ExitCode::FAILURE;
    };
    let uri = arguments.next().unwrap_or("tcp://127.0.0.1:6000".into());
    let vehicle = Vehicle {
        name,
        depot,
        token: env::var("FLEET_TOKEN").unwrap_or("fleet".into()),
        map: Vec::new(),
        map_size: None,
    };
    match drive(vehicle, uri).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fleet_vehicle: {}", Report(&*error));
            ExitCode::FAILURE
        }
    }
}
