//! The workload that broadcasts to many clients.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::meter::{Meter, Phase};
use crate::requests::TEXT_SIZE;
use crate::round_trips::RoundTrips;
use crate::text::Texts;
use crate::{Job, Message, Outcome, Report};

/// The state that all clients of a broadcast share.
///
/// Messages are published in rounds. When all clients have received all messages of a round, the last
/// client publishes the next one. Queues are therefore bounded with any transport, and no client has to
/// wake another.
#[derive(Debug)]
pub(crate) struct Rounds {
    clients: usize,
    burst: usize,
    /// The number of clients that have not finished the round.
    remaining: AtomicUsize,
    publisher: Mutex<Publisher>,
}

#[derive(Debug)]
struct Publisher {
    published: u64,
    texts: Texts,
    meter: Meter,
    /// The time of each round, from its publication until the last client has received it.
    times: RoundTrips,
}

impl Rounds {
    pub(crate) fn new(job: &Job, clients: usize, burst: usize) -> Arc<Self> {
        Arc::new(Self {
            clients,
            burst,
            remaining: AtomicUsize::new(clients),
            publisher: Mutex::new(Publisher {
                published: 0,
                texts: Texts::new(TEXT_SIZE),
                meter: Meter::new(job),
                times: RoundTrips::new(),
            }),
        })
    }

    /// Finishes the round of one client. The last client publishes the next round.
    fn finish(&self, out: &mut impl FnMut(Message<'_>)) {
        if self.remaining.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.remaining.store(self.clients, Ordering::Release);
            self.publish(out);
        }
    }

    /// Publishes the next round, or ends the process after the measurement.
    fn publish(&self, out: &mut impl FnMut(Message<'_>)) {
        let mut publisher = self
            .publisher
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let publisher = &mut *publisher;
        let delivered = publisher.published * self.clients as u64;
        let now = Instant::now();
        publisher.times.record(now);
        match publisher.meter.phase(now, delivered) {
            Phase::WarmingUp | Phase::Measuring => {}
            Phase::Begun => publisher.times = RoundTrips::new(),
            Phase::Over => self.finish_measurement(publisher, delivered),
        }
        for _ in 0..self.burst {
            publisher.published += 1;
            out(Message::chat(publisher.texts.next(false)));
        }
    }

    fn finish_measurement(&self, publisher: &Publisher, delivered: u64) -> ! {
        Outcome::Done(Report {
            text_size: TEXT_SIZE as u64,
            latency: Some(publisher.times.latency()),
            memory: Some(publisher.meter.memory(self.clients)),
            ..publisher.meter.report(delivered)
        })
        .print()
    }
}

/// One client of a broadcast.
#[derive(Debug)]
pub(crate) struct Subscriber {
    rounds: Arc<Rounds>,
    texts: Texts,
    /// The number of messages of this round that are not received yet.
    awaited: usize,
}

impl Subscriber {
    pub(crate) fn new(rounds: &Arc<Rounds>) -> Self {
        Self {
            rounds: rounds.clone(),
            texts: Texts::new(TEXT_SIZE),
            awaited: rounds.burst,
        }
    }

    /// Handles the response to the hello. The last client starts the first round.
    pub(crate) fn start(&self, out: &mut impl FnMut(Message<'_>)) {
        self.rounds.finish(out);
    }

    /// Handles a broadcast message.
    pub(crate) fn receive(&mut self, user: &str, text: &str, out: &mut impl FnMut(Message<'_>)) {
        self.texts.expect(user, text);
        self.awaited -= 1;
        if self.awaited == 0 {
            self.awaited = self.rounds.burst;
            self.rounds.finish(out);
        }
    }
}
