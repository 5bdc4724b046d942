//! Runs a server for a long time with clients that come and go, and some that misbehave.

use std::io::Write;
use std::time::{Duration, Instant};
use std::{env, thread};

use fastrand::Rng;

use crate::gauge::{Gauge, MIB};
use crate::honest::Crowd;
use crate::target::Target;
use crate::{Test, raw};

pub(crate) const TESTS: &[Test] = &[(
    "soak::memory_and_descriptors_do_not_grow",
    memory_and_descriptors_do_not_grow,
)];

/// The number of connected clients.
const CLIENTS: usize = 1_000;

/// The interval at which a client is replaced and a raw peer misbehaves.
const CHURN: Duration = Duration::from_millis(100);

/// The shortest soak with a check of the slope.
const MIN_SLOPE_TIME: Duration = Duration::from_secs(600);

const HOUR: f64 = 3600.0;

fn memory_and_descriptors_do_not_grow() {
    let time = soak_time();
    let mut target = Target::start(&[]);
    let gauge = Gauge::new(&target.process);
    let descriptors = gauge.descriptors();
    let mut crowd = Crowd::new(target.port, CLIENTS);
    let mut random = Rng::with_seed(1);
    let mut samples = Vec::new();
    let start = Instant::now();
    while start.elapsed() < time {
        crowd.replace_one(&mut random);
        misbehave(target.port, &mut random);
        samples.push((start.elapsed().as_secs_f64(), gauge.resident() as f64));
        // A fixed interval, not a wait for an event.
        thread::sleep(CHURN);
    }
    let round_trips = crowd.stop();
    let later = &samples[samples.len() / 4..];
    let (slope, growth) = (slope(later) * HOUR, growth(later));
    let mib = |bytes: f64| bytes / MIB as f64;
    println!(
        "{round_trips} round trips in {time:?}; growth {:.2} MiB, slope {:.2} MiB/h",
        mib(growth),
        mib(slope)
    );
    assert!(growth <= MIB as f64, "{growth}");
    assert!(time < MIN_SLOPE_TIME || slope <= MIB as f64, "{slope}");
    // The server may take a while to close connections.
    target.wait_until_alone();
    assert_eq!(gauge.descriptors(), descriptors);
}

fn soak_time() -> Duration {
    let seconds = env::var("MESSI_SOAK").map_or(20, |seconds| {
        seconds
            .parse()
            .expect("MESSI_SOAK must be a number of seconds")
    });
    Duration::from_secs(seconds)
}

/// Connects a raw peer, violates the protocol, and disconnects.
fn misbehave(port: u16, random: &mut Rng) {
    let mut peer = raw::connect(port);
    let bytes = match random.u8(0..5) {
        0 => Vec::new(),
        1 => raw::header(raw::MESSAGE, random.u32(1..0xff_ffff)).to_vec(),
        2 => raw::header(random.u8(5..), 0).to_vec(),
        3 => vec![random.u8(..); random.usize(0..10_000)],
        // Pongs are not read, so dropping the connection resets it.
        _ => raw::header(raw::PING, 0).repeat(1_000),
    };
    // The connection may be closed already.
    let _ = peer.write_all(&bytes);
}

/// Returns the slope of the samples' least squares line.
fn slope(samples: &[(f64, f64)]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|it| it.0), mean(|it| it.1));
    let covariance: f64 = samples.iter().map(|it| (it.0 - x) * (it.1 - y)).sum();
    let variance: f64 = samples.iter().map(|it| (it.0 - x).powi(2)).sum();
    covariance / variance
}

/// Returns the growth from the median of the first third to that of the last.
fn growth(samples: &[(f64, f64)]) -> f64 {
    let third = samples.len() / 3;
    let median = |part: &[(f64, f64)]| {
        let mut values: Vec<f64> = part.iter().map(|it| it.1).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    median(&samples[2 * third..]) - median(&samples[..third])
}
