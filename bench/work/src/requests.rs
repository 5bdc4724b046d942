//! The workload with requests and responses on one connection.

use std::time::Instant;

use crate::meter::{Meter, Phase};
use crate::round_trips::RoundTrips;
use crate::text::Texts;
use crate::{Job, Message, Outcome, Report};

/// The size of texts, in bytes.
pub(crate) const TEXT_SIZE: usize = 24;

/// The client side of requests and responses.
#[derive(Debug)]
pub(crate) struct Requests {
    outstanding: u64,
    sent: u64,
    received: u64,
    requests: Texts,
    responses: Texts,
    meter: Meter,
    round_trips: Option<RoundTrips>,
    /// The report, once the measurement is over. Outstanding responses are then awaited.
    report: Option<Report>,
}

impl Requests {
    pub(crate) fn new(job: &Job, outstanding: usize) -> Self {
        Self {
            outstanding: outstanding as u64,
            sent: 0,
            received: 0,
            requests: Texts::new(TEXT_SIZE),
            responses: Texts::new(TEXT_SIZE),
            meter: Meter::new(job),
            round_trips: (outstanding == 1).then(RoundTrips::new),
            report: None,
        }
    }

    /// Sends the first requests.
    pub(crate) fn start(&mut self, out: &mut impl FnMut(Message<'_>)) {
        for _ in 0..self.outstanding {
            self.send(out);
        }
    }

    /// Handles a response, and sends the next request.
    pub(crate) fn receive(&mut self, user: &str, text: &str, out: &mut impl FnMut(Message<'_>)) {
        self.responses.expect(user, text);
        self.received += 1;
        // Reading the clock for every message would be a large part of the work of fast peers.
        if self.received.is_multiple_of(self.outstanding) {
            self.check_clock();
        }
        match &self.report {
            None => self.send(out),
            Some(report) if self.received == self.sent => Outcome::Done(report.clone()).print(),
            Some(_) => {}
        }
    }

    fn send(&mut self, out: &mut impl FnMut(Message<'_>)) {
        self.sent += 1;
        out(Message::chat(self.requests.next(false)));
    }

    /// Records a round trip, and checks whether the measurement begins or is over.
    fn check_clock(&mut self) {
        let now = Instant::now();
        if let Some(round_trips) = &mut self.round_trips {
            round_trips.record(now);
        }
        match self.meter.phase(now, self.received) {
            Phase::WarmingUp | Phase::Measuring => {}
            Phase::Begun => self.round_trips = self.round_trips.take().map(|_| RoundTrips::new()),
            Phase::Over if self.report.is_none() => {
                self.report = Some(Report {
                    text_size: TEXT_SIZE as u64,
                    latency: self.round_trips.as_ref().map(RoundTrips::latency),
                    ..self.meter.report(self.received)
                });
            }
            Phase::Over => {}
        }
    }
}
