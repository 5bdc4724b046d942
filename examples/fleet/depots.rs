//! The vehicles of each depot: rooms by hand.

use std::collections::HashMap;
use std::sync::Mutex;

use messi::ClientId;

use crate::fleet::*;

/// The vehicles of each depot.
#[derive(Default)]
pub(crate) struct Depots(Mutex<HashMap<String, Vec<ClientId>>>);

impl Depots {
    pub(crate) fn join(&self, depot: &str, vehicle: ClientId) {
        let mut depots = self.0.lock().unwrap();
        depots.entry(depot.into()).or_default().push(vehicle);
    }

    pub(crate) fn leave(&self, depot: &str, vehicle: ClientId) {
        let mut depots = self.0.lock().unwrap();
        let Some(vehicles) = depots.get_mut(depot) else {
            return;
        };
        vehicles.retain(|it| *it != vehicle);
        if vehicles.is_empty() {
            depots.remove(depot);
        }
    }

    /// Sends the position of a vehicle to the others of its depot.
    pub(crate) fn report(&self, depot: &str, vehicle: &FleetServerClient, position: VehicleInd) {
        let depots = self.0.lock().unwrap();
        let vehicles = depots.get(depot).into_iter().flatten().copied();
        let others: Vec<_> = vehicles.filter(|it| *it != vehicle.id()).collect();
        vehicle.server().send_to(&others, position);
    }
}
