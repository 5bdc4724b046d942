//! The handler of a vehicle's connection.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::RemoteHandle;
use messi::{DisconnectReason, NotConnected, Reply};

use crate::fleet::*;

/// The delay of a refusal, against programs that try tokens.
const REFUSAL_DELAY: Duration = Duration::from_secs(1);

/// Size of the map in bytes.
const MAP_SIZE: usize = 1_000_000;

/// Size of a part of the map in bytes.
const PART_SIZE: usize = 64 * 1024;

/// Bytes that may still be queued when the next part is sent.
const MAX_QUEUED: usize = 32 * 1024;

/// The state that all vehicles share.
pub(crate) struct Fleet {
    token: String,
    map: Arc<[u8]>,
}

impl Fleet {
    pub(crate) fn new() -> Self {
        Self {
            token: env::var("FLEET_TOKEN").unwrap_or("fleet".into()),
            map: (0..MAP_SIZE).map(|place| place as u8).collect(),
        }
    }
}

/// One vehicle.
pub(crate) struct Session {
    fleet: Arc<Fleet>,
    /// The topic of the depot that the vehicle has joined.
    depot: Option<String>,
    pub(crate) position: Option<Position>,
    /// Ends the download when it is dropped.
    download: Option<RemoteHandle<Result<(), NotConnected>>>,
}

impl Session {
    pub(crate) fn new(fleet: &Arc<Fleet>) -> Self {
        Self {
            fleet: fleet.clone(),
            depot: None,
            position: None,
            download: None,
        }
    }
}

impl FleetServerHandler for Session {
    async fn on_login_req(
        &mut self,
        client: &FleetServerClient,
        request: LoginReq,
        reply: Reply<LoginRsp>,
    ) {
        if request.token != self.fleet.token {
            return refuse(client, reply).await;
        }
        client.log_in(request.name);
        reply.send(LoginRsp::default());
    }

    async fn on_join_ind(&mut self, client: &FleetServerClient, JoinInd { depot }: JoinInd) {
        let Some(name) = client.user() else {
            return client.disconnect();
        };
        if let Some(topic) = self.depot.take() {
            client.leave(topic);
        }
        let topic = format!("depot/{depot}");
        if let Err(error) = client.join(&topic) {
            println!("{name} can't join {depot}: {error}.");
            return client.disconnect();
        }
        println!("{name} has joined {depot}.");
        self.depot = Some(topic);
    }

    async fn on_position_ind(&mut self, client: &FleetServerClient, position: Position) {
        let (Some(name), Some(depot)) = (client.user(), &self.depot) else {
            return client.disconnect();
        };
        self.position = Some(position.clone());
        let report = VehicleInd {
            name: name.into(),
            position: Some(position),
        };
        // To the others of its depot.
        client.server().topic(depot).except(client).publish(report);
    }

    async fn on_map_req(
        &mut self,
        client: &FleetServerClient,
        request: MapReq,
        reply: Reply<MapRsp>,
    ) {
        if client.user().is_none() {
            return client.disconnect();
        }
        let map = self.fleet.map.clone();
        let size = map.len() as u64;
        reply.send(MapRsp { size });
        let offset = request.offset.min(size) as usize;
        let (task, handle) = send_map(client.clone(), map, offset).remote_handle();
        client.runtime().spawn(task);
        self.download = Some(handle);
    }

    async fn on_client_disconnected(&mut self, client: &FleetServerClient, _: DisconnectReason) {
        if let Some(name) = client.user() {
            println!("{name} has left.");
        }
    }
}

async fn refuse(client: &FleetServerClient, reply: Reply<LoginRsp>) {
    let refusal = "wrong token".to_string();
    println!("Login refused: {refusal}.");
    client.clock().sleep(REFUSAL_DELAY).await;
    reply.send(LoginRsp { refusal });
    client.disconnect();
}

/// Sends the map in parts, between which other messages find their way.
async fn send_map(
    client: FleetServerClient,
    map: Arc<[u8]>,
    offset: usize,
) -> Result<(), NotConnected> {
    for part in map[offset..].chunks(PART_SIZE) {
        client.ready_below(MAX_QUEUED).await?;
        client.send(MapPartInd {
            data: part.to_vec(),
        });
    }
    Ok(())
}
