//! Runs the benchmarks with all peers, interleaved, and writes the results: the command behind
//! `bench/run`.

use std::fs;
use std::process::ExitCode;

use clap::Parser;
use runner::catalogue::{BENCHMARKS, Benchmark, PEERS, Peer, select};
use runner::machine::Machine;
use runner::measurement::Measurement;
use runner::placement::Placement;
use runner::results::Results;
use runner::{Result, bench_directory, exit_code, plot, programs, speed, table};

/// Compares messi with other ways to exchange messages.
#[derive(Parser)]
struct Options {
    /// The workloads to run. By default all.
    #[arg(long = "work", value_delimiter = ',')]
    workload: Vec<String>,
    /// The peers to run. By default all.
    #[arg(long, value_delimiter = ',')]
    peer: Vec<String>,
    /// The placements of the processes on cores. By default all.
    #[arg(long, value_delimiter = ',')]
    place: Vec<Placement>,
    /// The number of measurements of each peer.
    #[arg(long, default_value_t = 5)]
    repeats: usize,
    /// The duration of each measurement, in seconds.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Measure three times for half a second, and print tables without writing files.
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    exit_code(run(Options::parse()))
}

fn run(mut options: Options) -> Result<()> {
    if options.quick {
        (options.repeats, options.seconds) = (3, 0.5);
    }
    let benchmarks = select(
        &BENCHMARKS,
        &options.workload,
        |benchmark| benchmark.name,
        "work",
    )?;
    let peers = select(&PEERS, &options.peer, |peer| peer.name, "peer")?;
    let placements = match options.place.is_empty() {
        true => Placement::ALL.to_vec(),
        false => options.place.clone(),
    };
    programs::build(&peers)?;
    let mut results = Results {
        machine: Machine::detect(),
        seconds: options.seconds,
        repeats: options.repeats,
        cells: Vec::new(),
    };
    for (index, benchmark) in benchmarks.iter().enumerate() {
        measure(&mut results, benchmark, &peers, &placements);
        println!("{}", table::section(&results, benchmark));
        if !options.quick {
            // After each benchmark, so that an interrupted run keeps its results.
            write(&results, &benchmarks[..=index])?;
        }
    }
    Ok(())
}

/// Runs a benchmark in all placements.
fn measure(results: &mut Results, benchmark: &Benchmark, peers: &[Peer], placements: &[Placement]) {
    // The placement makes no difference to an idle workload.
    let count = if benchmark.is_quiet() {
        1
    } else {
        placements.len()
    };
    for &placement in &placements[..count] {
        if let Some(why) = placement.unsupported() {
            eprintln!("skipping {}: {why}", placement.name());
            continue;
        }
        let measurement = Measurement {
            name: benchmark.name,
            workload: &benchmark.workload,
            placement,
            seconds: results.seconds.max(benchmark.min_seconds),
            repeats: results.repeats,
        };
        results.cells.append(&mut measurement.run(peers));
    }
}

/// Writes the tables, the measurements and the plots.
fn write(results: &Results, benchmarks: &[Benchmark]) -> Result<()> {
    let directory = bench_directory().join("results");
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("README.md"), table::document(results))?;
    fs::write(directory.join("speed.md"), speed::document(results))?;
    let json = serde_json::to_string_pretty(results)?;
    fs::write(directory.join("results.json"), json)?;
    for benchmark in benchmarks {
        let path = directory.join(format!("{}.svg", benchmark.name));
        plot::draw(&path, &plot::panels(results, benchmark))?;
    }
    println!("wrote {}", directory.display());
    Ok(())
}
