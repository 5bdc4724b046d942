//! The client process of a trial.

use std::sync::Arc;
use std::time::Duration;
use std::{process, thread};

use crate::broadcast::{Rounds, Subscriber};
use crate::connection_counter::ConnectionCounter;
use crate::meter::Meter;
use crate::process::{raise_descriptor_limit, resident_kib};
use crate::requests::Requests;
use crate::script::{Behaviour, Script};
use crate::{Blast, Job, Memory, Outcome, Peer, Report, Workload, fail};

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
        let pids = [self.job.server_pid, process::id()];
        let before = pids.map(resident_kib);
        let mut meter = Meter::new(self.job);
        self.open_in_groups(connections, || Behaviour::Idle);
        meter.begin(0);
        thread::sleep(Duration::from_secs_f64(self.job.seconds));
        let report = meter.report(0);
        let after = pids.map(resident_kib);
        let [server_kib, client_kib] =
            [0, 1].map(|side| after[side].saturating_sub(before[side]) as f64 / connections as f64);
        Outcome::Done(Report {
            lost: self.counter.lost(),
            memory: Some(Memory {
                server_kib,
                client_kib,
            }),
            ..report
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

    fn open(&self, behaviours: Vec<Behaviour>) {
        let scripts = behaviours.into_iter();
        let scripts = scripts.map(|behaviour| Script::new(&self.counter, behaviour));
        self.peer.open(self.job.server, scripts.collect());
    }
}
