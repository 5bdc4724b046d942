//! The client process of a trial.

use std::cell::Cell;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::broadcast::{Rounds, Subscriber};
use crate::connection_counter::ConnectionCounter;
use crate::loopback::{CONNECTIONS_PER_ADDRESS, address_of};
use crate::meter::Meter;
use crate::process::raise_descriptor_limit;
use crate::requests::Requests;
use crate::script::{Behaviour, Script};
use crate::{Blast, Job, Outcome, Peer, Report, Workload, fail};

/// The number of clients that connect at the same time, except in a storm.
const GROUP: usize = 50;

/// The time limit for everything except the measurement.
const LIMIT: Duration = Duration::from_secs(180);

/// Runs the job, prints the outcome and ends the process.
pub(crate) fn run(peer: &impl Peer, job: &Job) {
    raise_descriptor_limit();
    if let Some(reason) = peer.unsupported(&job.workload) {
        Outcome::Unsupported(reason).print();
    }
    let client = Client {
        peer,
        job,
        counter: Arc::default(),
        opened: Cell::new(0),
    };
    match job.workload {
        Workload::Requests { outstanding } => client.requests(outstanding),
        Workload::Blast { size } => peer.blast(job.server, Blast::new(job, size)),
        Workload::Broadcast { clients, burst } => client.broadcast(clients, burst),
        Workload::Idle { connections } => client.idle(connections),
        Workload::Storm { connections } => client.storm(connections),
    }
    // The scripts end the process when they have finished.
    thread::sleep(LIMIT + Duration::from_secs_f64(2.0 * job.seconds));
    fail("the workload exceeds its time limit");
}

struct Client<'a, P> {
    peer: &'a P,
    job: &'a Job,
    counter: Arc<ConnectionCounter>,
    /// The number of opened connections.
    opened: Cell<usize>,
}

impl<P: Peer> Client<'_, P> {
    fn requests(&self, outstanding: usize) {
        let requests = Requests::new(self.job, outstanding);
        self.open(vec![Behaviour::Requests(Box::new(requests))]);
    }

    fn broadcast(&self, clients: usize, burst: usize) {
        let rounds = Rounds::new(self.job, clients, burst);
        self.open_in_groups(clients, || Behaviour::Subscriber(Subscriber::new(&rounds)));
    }

    fn idle(&self, connections: usize) -> ! {
        let mut meter = Meter::new(self.job);
        self.open_in_groups(connections, || Behaviour::Idle);
        meter.begin(0);
        thread::sleep(Duration::from_secs_f64(self.job.seconds));
        Outcome::Done(Report {
            lost: self.counter.lost(),
            memory: Some(meter.memory(connections)),
            ..meter.report(connections as u64)
        })
        .print()
    }

    fn storm(&self, connections: usize) -> ! {
        let mut meter = Meter::new(self.job);
        meter.begin(0);
        self.open((0..connections).map(|_| Behaviour::Idle).collect());
        self.counter.wait_until_served(connections);
        Outcome::Done(Report {
            lost: self.counter.lost(),
            ..meter.report(connections as u64)
        })
        .print()
    }

    /// Opens connections in groups. Each group waits until the one before it is served.
    fn open_in_groups(&self, connections: usize, behaviour: impl Fn() -> Behaviour) {
        for first in (0..connections).step_by(GROUP) {
            let last = connections.min(first + GROUP);
            self.open((first..last).map(|_| behaviour()).collect());
            self.counter.wait_until_served(last);
        }
    }

    /// Starts opening connections, each to its address.
    fn open(&self, behaviours: Vec<Behaviour>) {
        let scripts = behaviours.into_iter();
        let mut scripts = scripts.map(|behaviour| Script::new(&self.counter, behaviour));
        while scripts.len() > 0 {
            let opened = self.opened.get();
            let mut server = self.job.server;
            server.set_ip(address_of(opened));
            let count = CONNECTIONS_PER_ADDRESS - opened % CONNECTIONS_PER_ADDRESS;
            let scripts: Vec<_> = scripts.by_ref().take(count).collect();
            self.opened.set(opened + scripts.len());
            self.peer.open(server, scripts);
        }
    }
}
