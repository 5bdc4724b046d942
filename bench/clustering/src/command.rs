//! Runs the measurements of the command line, and writes their results.

use std::fs;

use runner::machine::Machine;
use runner::{Result, bench_directory};

use crate::capacity;
use crate::engine::Engine;
use crate::failures::{self, OUTAGES};
use crate::latency;
use crate::options::{Options, Work};
use crate::results::Results;
use crate::throughput::{self, PEERS};

/// The ways of single messages.
const WAYS: [(&str, latency::Measure); 2] = [
    ("the engine, to a subscriber", latency::through_the_engine),
    ("node to node, to a client", latency::from_node_to_node),
];

/// Runs the measurements.
pub(crate) fn run(mut options: Options) -> Result<()> {
    if options.quick {
        (options.repeats, options.seconds) = (1, 1.0);
        (options.restarts, options.kills) = (2, 1);
    }
    let mut engine = Engine::start(options.engine, options.url.as_ref())?;
    let mut results = Results {
        machine: Machine::detect(),
        engine: engine.version.clone(),
        load: load()?,
        seconds: options.seconds,
        repeats: options.repeats,
        throughput: PEERS.map(|peer| (peer, Vec::new())).into(),
        latency: WAYS.map(|(name, _)| (name, Vec::new())).into(),
        up: Vec::new(),
        gone: Vec::new(),
        capacity: Vec::new(),
    };
    for work in options.works() {
        eprintln!("{work:?}");
        match work {
            Work::Throughput => measure_throughput(&engine, &options, &mut results),
            Work::Latency => measure_latency(&engine, &options, &mut results),
            Work::Restart => {
                let times = OUTAGES.map(|outage| {
                    let times = failures::restart(&mut engine, outage, options.restarts);
                    (outage, times)
                });
                results.up = times.into();
            }
            Work::Kill => results.gone = failures::kill(&engine, options.kills),
            Work::Capacity => {
                let (repeats, seconds) = (options.repeats, options.seconds);
                results.capacity = capacity::measure(&engine, repeats, seconds);
            }
        }
        println!("{}", results.section(*work));
    }
    match options.quick {
        true => Ok(()),
        false => write(&results),
    }
}

fn measure_throughput(engine: &Engine, options: &Options, results: &mut Results) {
    for _ in 0..options.repeats {
        for (peer, runs) in &mut results.throughput {
            runs.push(throughput::measure(engine, *peer, options.seconds));
        }
    }
}

fn measure_latency(engine: &Engine, options: &Options, results: &mut Results) {
    for _ in 0..options.repeats {
        for ((_, measure), (_, runs)) in WAYS.iter().zip(&mut results.latency) {
            runs.push(measure(engine));
        }
    }
}

/// Returns the load average of the last minute.
fn load() -> std::io::Result<String> {
    let loads = fs::read_to_string("/proc/loadavg")?;
    Ok(loads.split(' ').next().unwrap_or_default().into())
}

/// Writes the tables and the measurements.
fn write(results: &Results) -> Result<()> {
    let directory = bench_directory().join("results");
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("cluster.md"), results.document())?;
    let json = serde_json::to_string_pretty(results)?;
    fs::write(directory.join("cluster.json"), json)?;
    println!("wrote {}", directory.display());
    Ok(())
}
