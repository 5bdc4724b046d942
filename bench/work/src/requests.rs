//! Requests and answers on one connection.

use std::time::Instant;

use hdrhistogram::Histogram;

use crate::meter::{Meter, Phase};
use crate::text::Texts;
use crate::{Job, Latency, Message, Outcome, Report};

/// The smallest text.
pub(crate) const TEXT_SIZE: usize = 24;

/// The longest round trip told from a longer one, in nanoseconds.
const LONGEST: u64 = 60_000_000_000;

/// The client's side of requests and answers.
#[derive(Debug)]
pub(crate) struct Requests {
    outstanding: u64,
    sent: u64,
    received: u64,
    requests: Texts,
    responses: Texts,
    meter: Meter,
    round_trips: Option<RoundTrips>,
    /// What was measured; from then on, only what is outstanding is awaited.
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

    /// The server is there.
    pub(crate) fn start(&mut self, out: &mut impl FnMut(Message<'_>)) {
        for _ in 0..self.outstanding {
            self.send(out);
        }
    }

    /// An answer has come.
    pub(crate) fn receive(&mut self, user: &str, text: &str, out: &mut impl FnMut(Message<'_>)) {
        self.responses.expect(user, text);
        self.received += 1;
        // A look at the clock for every message would be most of the work of some peers.
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

/// The times of round trips, each of which begins when the one before it ends.
#[derive(Debug)]
struct RoundTrips {
    begin: Instant,
    histogram: Histogram<u64>,
}

impl RoundTrips {
    fn new() -> Self {
        Self {
            begin: Instant::now(),
            histogram: Histogram::new_with_bounds(1, LONGEST, 3).expect("the bounds are in order"),
        }
    }

    fn record(&mut self, now: Instant) {
        self.histogram
            .saturating_record((now - self.begin).as_nanos() as u64);
        self.begin = now;
    }

    fn latency(&self) -> Latency {
        let microseconds = |quantile| self.histogram.value_at_quantile(quantile) as f64 / 1e3;
        Latency {
            p50: microseconds(0.5),
            p99: microseconds(0.99),
            p999: microseconds(0.999),
        }
    }
}
