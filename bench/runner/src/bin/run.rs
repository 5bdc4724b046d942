//! Runs the benchmarks with all peers, interleaved, and writes the results: the command behind
//! `bench/run`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Parser;
use runner::catalogue::{BENCHMARKS, Benchmark, PEERS, Peer};
use runner::machine::Machine;
use runner::placement::Placement;
use runner::results::{Cell, Results};
use runner::trial::Trial;
use runner::{Result, bench_directory, plot, table};

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
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
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
    build(&peers)?;
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

/// Returns the items of `all` with one of the names, or all items if there is no name.
fn select<T: Clone>(
    all: &[T],
    names: &[String],
    name_of: impl Fn(&T) -> &'static str,
    kind: &str,
) -> Result<Vec<T>> {
    for name in names {
        if !all.iter().any(|it| name_of(it) == name) {
            let known: Vec<_> = all.iter().map(&name_of).collect();
            return Err(format!(
                "unknown {kind} {name:?}, expected one of: {}",
                known.join(", ")
            )
            .into());
        }
    }
    let is_selected = |it: &&T| names.is_empty() || names.iter().any(|name| name_of(it) == name);
    Ok(all.iter().filter(is_selected).cloned().collect())
}

/// Builds the programs of the peers.
fn build(peers: &[Peer]) -> Result<()> {
    let mut command = Command::new("cargo");
    command
        .current_dir(bench_directory())
        .args(["build", "--release", "--locked"]);
    for program in peers.iter().flat_map(|peer| [peer.client, peer.server]) {
        command.args(["--package", program.package]);
    }
    match command.status()?.success() {
        true => Ok(()),
        false => Err("building the peers failed".into()),
    }
}

/// Runs a benchmark in all placements. The peers take turns in each repeat, so that a disturbance of the
/// machine affects all of them.
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
        let cells = peers
            .iter()
            .map(|peer| Cell::new(benchmark.name, peer.name, placement));
        let mut cells: Vec<Cell> = cells.collect();
        for repeat in 1..=results.repeats {
            for (peer, cell) in peers.iter().zip(&mut cells) {
                if cell.unsupported.is_some() {
                    continue;
                }
                eprintln!(
                    "{}, {}, {}: {repeat} of {}",
                    benchmark.name,
                    placement.name(),
                    peer.name,
                    results.repeats
                );
                let trial = Trial {
                    peer: *peer,
                    programs: &programs(),
                    workload: &benchmark.workload,
                    seconds: results.seconds.max(benchmark.min_seconds),
                    placement,
                };
                // A failure is reported in the tables, and does not stop the other trials.
                cell.add(trial.run());
            }
        }
        results.cells.append(&mut cells);
    }
}

/// Returns the directory of the built programs.
fn programs() -> PathBuf {
    bench_directory().join("target/release")
}

/// Writes the tables, the measurements and the plots.
fn write(results: &Results, benchmarks: &[Benchmark]) -> Result<()> {
    let directory = bench_directory().join("results");
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("README.md"), table::document(results))?;
    let json = serde_json::to_string_pretty(results)?;
    fs::write(directory.join("results.json"), json)?;
    for benchmark in benchmarks {
        plot::draw(results, benchmark, Path::new(&directory))?;
    }
    println!("wrote {}", directory.display());
    Ok(())
}
