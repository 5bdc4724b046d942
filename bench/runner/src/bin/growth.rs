//! Measures the costs of a growing number of clients, and writes the results: the command behind
//! `bench/growth`.

use std::fs;
use std::process::ExitCode;

use clap::Parser;
use runner::catalogue::{PEERS, Peer, select};
use runner::growth::{Growth, Point, SERIES, Series};
use runner::machine::Machine;
use runner::measurement::Measurement;
use runner::placement::Placement;
use runner::{Result, bench_directory, exit_code, plot, programs};
use work::descriptor_limit;

/// Measures the costs of a growing number of clients.
#[derive(Parser)]
struct Options {
    /// The series to run. By default all.
    #[arg(long, value_delimiter = ',')]
    series: Vec<String>,
    /// The peers to run.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "raw,messi,messi:tokio,tonic,protosocket"
    )]
    peer: Vec<String>,
    /// The placement of the processes on cores.
    #[arg(long, default_value = "free")]
    place: Placement,
    /// The number of measurements of each peer.
    #[arg(long, default_value_t = 3)]
    repeats: usize,
    /// The duration of each measurement, in seconds.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Measure once for half a second, and print tables without writing files.
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    exit_code(run(Options::parse()))
}

fn run(mut options: Options) -> Result<()> {
    if options.quick {
        (options.repeats, options.seconds) = (1, 0.5);
    }
    let series = select(&SERIES, &options.series, |series| series.name, "series")?;
    let peers = select(&PEERS, &options.peer, |peer| peer.name, "peer")?;
    if let Some(why) = options.place.unsupported() {
        return Err(why.into());
    }
    programs::build(&peers)?;
    let mut growth = Growth {
        machine: Machine::detect(),
        descriptors: descriptor_limit(),
        placement: options.place,
        seconds: options.seconds,
        repeats: options.repeats,
        points: Vec::new(),
    };
    for series in &series {
        measure(&mut growth, series, &peers);
        println!("{}", growth.section(series));
        if !options.quick {
            // After each series, so that an interrupted run keeps its results.
            write(&growth, series)?;
        }
    }
    Ok(())
}

fn measure(growth: &mut Growth, series: &Series, peers: &[Peer]) {
    for clients in series.clients(growth.descriptors) {
        eprintln!("{clients} clients");
        let measurement = Measurement {
            name: series.name,
            workload: &(series.workload)(clients),
            placement: growth.placement,
            seconds: growth.seconds.max(series.min_seconds),
            repeats: growth.repeats,
        };
        let cells = measurement.run(peers).into_iter();
        let points = cells.map(|cell| Point { clients, cell });
        growth.points.extend(points);
    }
}

/// Writes the tables, the measurements and the plot of a series.
fn write(growth: &Growth, series: &Series) -> Result<()> {
    let directory = bench_directory().join("results");
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("growth.md"), growth.document())?;
    let json = serde_json::to_string_pretty(growth)?;
    fs::write(directory.join("growth.json"), json)?;
    let path = directory.join(format!("growth-{}.svg", series.name));
    plot::draw(&path, &growth.panels(series))?;
    println!("wrote {}", directory.display());
    Ok(())
}
