//! A schedule of actions on a server, its clients and the network between them.

use std::time::Duration;

use fastrand::Rng;
use futures::future::{BoxFuture, FutureExt, join_all};
use messi::testing::{Direction, SimulatedConnection, Simulation};
use messi::{Overflow, RequestError, Sessions};

use crate::journal::Journal;
use crate::parties::{Session, TOPIC, Ui};
use crate::protocol::*;

const STEPS: u32 = 40;

/// An upper limit of a frame's size in a schedule, in bytes.
const MAX_FRAME: usize = 300;

/// The time limit of `stop`: a second to write and close, one for the last callback, and a margin.
const STOP_LIMIT: Duration = Duration::from_millis(2_100);

/// The time by which a drain may exceed its limit.
const DRAIN_GRACE: Duration = Duration::from_millis(250);

/// Plays the schedule of a seed.
pub(crate) fn play(seed: u64) -> Journal {
    let simulation = Simulation::new(seed);
    let journal = Journal::new(simulation.clock());
    let mut world = World::new(&simulation, &journal, seed);
    simulation.run(async {
        world.start_server(0).await;
        if world.random.bool() {
            world.start_server(1).await;
        }
        for _ in 0..world.random.usize(1..4) {
            world.start_client();
        }
        for _ in 0..STEPS {
            world.step().await;
        }
        world.end().await;
    });
    drop(world);
    journal.expect(simulation.tasks() == 0, "no task is left");
    journal.expect(simulation.sockets() == 0, "no socket is left");
    journal.check_left();
    journal
}

struct World<'a> {
    simulation: &'a Simulation,
    journal: &'a Journal,
    random: Rng,
    /// Clients prefer the first one.
    servers: [Room; 2],
    clients: Vec<Party>,
    /// The next number for names and messages. Numbers are never used twice.
    next_number: u64,
    max_queued_bytes: usize,
    /// Checks of pending responses.
    responses: Vec<BoxFuture<'a, ()>>,
}

/// The place of a server, which is there at times.
struct Room {
    uri: &'static str,
    server: Option<RequestsServer>,
    /// The number in the names of the handlers of the server.
    number: u64,
    broadcasts: u64,
    publications: u64,
}

impl Room {
    fn new(uri: &'static str) -> Self {
        Self {
            uri,
            server: None,
            number: 0,
            broadcasts: 0,
            publications: 0,
        }
    }

    /// Returns the clients, with the names of their handlers.
    fn clients(&self) -> impl Iterator<Item = (String, RequestsServerClient)> {
        let clients = self.server.iter().flat_map(RequestsServer::clients);
        clients.map(|client| (format!("session-{}-{}", self.number, client.id()), client))
    }
}

/// A client and the number of its messages.
struct Party {
    name: String,
    client: RequestsClient,
    sent: u64,
}

impl<'a> World<'a> {
    fn new(simulation: &'a Simulation, journal: &'a Journal, seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let later = simulation.later_connections();
        later.set_delay(Duration::from_millis(*choose(&mut random, &[0, 1, 100])));
        for direction in [later.to_server(), later.to_client()] {
            direction.set_buffer(*choose(&mut random, &[1, 100, 65_536]));
            match random.u32(0..3) {
                0 => direction.split_at_random(),
                1 => direction.split(random.usize(1..10)),
                _ => {}
            }
        }
        Self {
            max_queued_bytes: *choose(&mut random, &[1_000, 10_000, 1_000_000]),
            simulation,
            journal,
            random,
            servers: ["tcp://server:1", "tcp://other:1"].map(Room::new),
            clients: Vec::new(),
            next_number: 0,
            responses: Vec::new(),
        }
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Returns a random overflow policy, except `DropOldest`, which drops accepted messages.
    fn overflow(&mut self) -> Overflow {
        *choose(
            &mut self.random,
            &[Overflow::Disconnect, Overflow::DropNewest],
        )
    }

    // --- Parties ---

    /// Returns the clients of all servers, with the names of their handlers.
    fn sessions(&self) -> Vec<(String, RequestsServerClient)> {
        self.servers.iter().flat_map(Room::clients).collect()
    }

    async fn start_server(&mut self, index: usize) {
        let (journal, clock) = (self.journal.clone(), self.simulation.clock());
        let (seed, number) = (self.random.u64(..), self.number());
        let mut builder = RequestsServer::builder(self.servers[index].uri);
        if self.random.bool() {
            let lifetime = *choose(&mut self.random, &[300, 3_000, 60_000]);
            let sessions = Sessions::default()
                .lifetime(Duration::from_millis(lifetime))
                .max_interrupted(*choose(&mut self.random, &[1, usize::MAX]));
            builder = builder.sessions(sessions);
        }
        let server = builder
            .runtime(self.simulation)
            .max_clients(self.random.usize(2..10))
            .max_total_queued_bytes(*choose(&mut self.random, &[1_000, 100_000, 1_000_000]))
            .overflow(self.overflow())
            .max_queued_bytes(self.max_queued_bytes)
            .max_unhandled_bytes(*choose(&mut self.random, &[1, 1_000, 1_000_000]))
            .start(move |client| {
                let name = format!("session-{number}-{}", client.id());
                Session::new(
                    name,
                    &journal,
                    &clock,
                    seed ^ u64::from(client.peer_addr().port().unwrap()),
                )
            })
            .await;
        let room = &mut self.servers[index];
        room.server = Some(server.unwrap());
        room.number = number;
    }

    fn start_client(&mut self) {
        let name = format!("client-{}", self.number());
        let mut builder = RequestsClient::builder("tcp://server:1")
            .alternative_uri("tcp://other:1")
            .runtime(self.simulation)
            .max_queued_bytes(self.max_queued_bytes)
            .overflow(self.overflow())
            .max_unhandled_bytes(*choose(&mut self.random, &[1, 1_000, 1_000_000]))
            .reconnect_delay(Duration::from_millis(100), Duration::from_secs(5))
            .stable_after(*choose(
                &mut self.random,
                &[Duration::ZERO, Duration::from_secs(2)],
            ));
        if self.random.bool() {
            builder = builder.offline_queue(10_000, Duration::from_secs(3_600));
        }
        if self.random.bool() {
            builder = builder.session(messi::Session::default());
        }
        let ui = Ui::new(
            name.clone(),
            self.journal,
            &self.simulation.clock(),
            self.random.u64(..),
        );
        let client = builder.start(ui).unwrap();
        let sent = 0;
        self.clients.push(Party { name, client, sent });
    }

    // --- Steps ---

    async fn step(&mut self) {
        match self.random.u32(0..100) {
            0..30 => self.send_to_server(),
            30..45 => self.send_to_client(),
            45..50 => self.broadcast(),
            50..54 => self.publish(),
            54..60 => self.request_of_client(),
            60..65 => self.request_of_server(),
            65..85 => self.disturb(),
            85..88 => self.disconnect_client(),
            88..90 => self.order_attempt(),
            90..94 => self.restart_client().await,
            94..97 => self.restart_server().await,
            _ => self.add_client(),
        }
        let wait = match self.random.u32(0..10) {
            0 => self.random.u64(1_000..6_000),
            1..4 => self.random.u64(1..500),
            _ => 0,
        };
        self.simulation.sleep(Duration::from_millis(wait)).await;
    }

    fn send_to_server(&mut self) {
        let Some(party) = choose_mut(&mut self.random, &mut self.clients) else {
            return;
        };
        for _ in 0..self.random.u32(1..20) {
            let text = format!("{} {}", party.name, party.sent + 1);
            // Only accepted messages are numbered, so that no number may be missing.
            if party.client.try_send(Note { text }).is_ok() {
                party.sent += 1;
            }
        }
    }

    fn send_to_client(&mut self) {
        let sessions = self.sessions();
        if sessions.is_empty() {
            return;
        }
        let (_, client) = choose(&mut self.random, &sessions);
        let burst = format!("burst-{}", self.next_number + 1);
        self.next_number += 1;
        for number in 1..self.random.u64(2..20) {
            let text = format!("{burst} {number}");
            if client.try_send(Note { text }).is_err() {
                break;
            }
        }
    }

    fn broadcast(&mut self) {
        let room = &mut self.servers[self.random.usize(0..2)];
        if let Some(server) = &room.server {
            for _ in 0..self.random.u32(1..5) {
                room.broadcasts += 1;
                let text = format!("broadcast {}", room.broadcasts);
                server.broadcast(Note { text });
            }
        }
    }

    fn publish(&mut self) {
        let room = &mut self.servers[self.random.usize(0..2)];
        if let Some(server) = &room.server {
            for _ in 0..self.random.u32(1..5) {
                room.publications += 1;
                let text = format!("{TOPIC} {}", room.publications);
                server.topic(TOPIC).publish(Note { text });
            }
        }
    }

    fn request_of_client(&mut self) {
        let number = self.number();
        let limit = Duration::from_millis(self.random.u64(1..10_000));
        let is_sent_plainly = self.random.u32(0..4) == 0;
        let Some(party) = choose_mut(&mut self.random, &mut self.clients) else {
            return;
        };
        let text = format!("echo-{number}");
        if is_sent_plainly {
            // Its response arrives too, and must not complete another request.
            return party.client.send(EchoReq { text });
        }
        let response = party.client.echo_req(EchoReq { text: text.clone() });
        let response = response
            .timeout(limit)
            .map(|response| response.map(|it| it.text));
        self.expect_response(text, response.boxed());
    }

    fn request_of_server(&mut self) {
        let number = self.number();
        let sessions = self.sessions();
        if sessions.is_empty() {
            return;
        }
        let (_, client) = choose(&mut self.random, &sessions);
        let response = client.name_req(NameReq {
            number: number as u32,
        });
        let response = response.map(|response| response.map(|it| it.name));
        self.expect_response(number.to_string(), response.boxed());
    }

    /// Checks that a response, if there is one, belongs to its request.
    fn expect_response(
        &mut self,
        expected: String,
        response: BoxFuture<'a, Result<String, RequestError>>,
    ) {
        let journal = self.journal;
        let check = response.map(move |response| match response {
            Ok(text) => {
                journal.expect(
                    text == expected,
                    format_args!("the response is {expected}, not {text}"),
                );
            }
            Err(error) => journal.note(format_args!("{expected}: {error}")),
        });
        self.responses.push(check.boxed());
    }

    fn disturb(&mut self) {
        let connections = self.simulation.connections();
        let open: Vec<&SimulatedConnection> =
            connections.iter().filter(|it| it.is_open()).collect();
        if open.is_empty() {
            return;
        }
        let connection = *choose(&mut self.random, &open);
        let direction: Direction = if self.random.bool() {
            connection.to_server()
        } else {
            connection.to_client()
        };
        match self.random.u32(0..10) {
            0 => connection.cut(),
            1 => connection.lose(),
            2 => direction.lose(),
            3..5 => direction.cut_after(self.random.usize(0..200)),
            5..8 => direction.stall(),
            _ => {
                connection.to_client().resume();
                connection.to_server().resume();
            }
        }
    }

    fn disconnect_client(&mut self) {
        if let Some((name, client)) = self.sessions().pop() {
            self.journal.session_ends(&name);
            client.disconnect();
        }
    }

    /// Changes the next attempt of a client to connect.
    fn order_attempt(&mut self) {
        let delay = Duration::from_millis(self.random.u64(0..3_000));
        let reconnects = self.random.bool();
        if let Some(party) = choose_mut(&mut self.random, &mut self.clients) {
            if reconnects {
                party.client.reconnect();
            } else {
                party.client.retry_after(delay);
            }
        }
    }

    fn add_client(&mut self) {
        if self.clients.len() < 4 {
            self.start_client();
        }
    }

    async fn restart_client(&mut self) {
        if !self.clients.is_empty() {
            let index = self.random.usize(0..self.clients.len());
            let party = self.clients.swap_remove(index);
            self.stop_client(party).await;
            self.start_client();
        }
    }

    async fn restart_server(&mut self) {
        let index = self.random.usize(0..2);
        self.stop_server(index).await;
        // The second one is not always there.
        if index == 0 || self.random.bool() {
            self.start_server(index).await;
        }
    }

    // --- Ends ---

    async fn stop_client(&mut self, party: Party) {
        self.journal.client_stops(&party.name, party.sent);
        let start = self.simulation.elapsed();
        let limit = if self.random.bool() {
            let limit = Duration::from_millis(self.random.u64(0..10_000));
            party.client.drain(limit).await;
            limit + DRAIN_GRACE
        } else {
            party.client.stop().await;
            STOP_LIMIT
        };
        let took = self.simulation.elapsed() - start;
        let name = &party.name;
        self.journal
            .expect(took <= limit, format_args!("{name} stops in {took:?}"));
        let peak = party.client.stats().peak_queued_bytes;
        // The offline queue may hold messages while the send queue of the last connection is written.
        let limit = self.max_queued_bytes + self.max_queued_bytes / 2;
        self.expect_bounded(name, peak, limit);
    }

    async fn stop_server(&mut self, index: usize) {
        let room = &mut self.servers[index];
        for (name, _) in room.clients() {
            self.journal.session_ends(&name);
        }
        let Some(server) = room.server.take() else {
            return;
        };
        let start = self.simulation.elapsed();
        let limit = if self.random.bool() {
            let limit = Duration::from_millis(self.random.u64(0..10_000));
            server.drain_over(limit / 4, limit).await;
            limit + DRAIN_GRACE
        } else {
            server.stop().await;
            STOP_LIMIT
        };
        let took = self.simulation.elapsed() - start;
        self.journal
            .expect(took <= limit, format_args!("the server stops in {took:?}"));
        self.journal.expect(
            server.clients().is_empty(),
            "a stopped server has no client",
        );
        self.journal.expect(
            server.topic(TOPIC).member_count() == 0,
            "a stopped server has no member of a topic",
        );
        let peak = server.stats().total.peak_queued_bytes;
        self.expect_bounded("the server", peak, self.max_queued_bytes);
    }

    fn expect_bounded(&self, name: &str, peak: usize, limit: usize) {
        self.journal.expect(
            peak <= limit + MAX_FRAME,
            format_args!("{peak} bytes waited in {name}"),
        );
    }

    async fn end(&mut self) {
        if self.random.bool() {
            self.stop_server(0).await;
        }
        for party in std::mem::take(&mut self.clients) {
            self.stop_client(party).await;
        }
        for index in 0..2 {
            self.stop_server(index).await;
        }
        let responses = join_all(std::mem::take(&mut self.responses));
        let start = self.simulation.elapsed();
        responses.await;
        self.journal.expect(
            self.simulation.elapsed() == start,
            "all pending requests fail when the connection ends",
        );
    }
}

fn choose<'t, T>(random: &mut Rng, from: &'t [T]) -> &'t T {
    &from[random.usize(0..from.len())]
}

fn choose_mut<'t, T>(random: &mut Rng, from: &'t mut [T]) -> Option<&'t mut T> {
    if from.is_empty() {
        return None;
    }
    let index = random.usize(0..from.len());
    from.get_mut(index)
}
