//! Measures the build time of a small program with messi, with and without its default features, and with tonic: the
//! command behind `bench/build`.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use runner::build_cost::{Cost, Project};
use runner::machine::Machine;
use runner::results::median;
use runner::{Result, bench_directory, exit_code};
use serde::Serialize;

/// Measures the build time of a small program with messi and with tonic.
#[derive(Parser)]
struct Options {
    /// The number of measurements of each program.
    #[arg(long, default_value_t = 3)]
    repeats: usize,
}

/// The packages of `bench/users`.
const PROGRAMS: [&str; 3] = ["messi", "messi-lean", "tonic"];

/// The measurements of one program.
#[derive(Default, Serialize)]
struct Costs {
    program: &'static str,
    clean: Vec<Cost>,
    after_an_edit: Vec<Cost>,
    stripped_bytes: u64,
}

fn main() -> ExitCode {
    exit_code(run(&Options::parse()))
}

fn run(options: &Options) -> Result<()> {
    let project = Project::copy(
        &bench_directory().join("users"),
        bench_directory().join("users-edited"),
    )?;
    project.fetch()?;
    let mut costs = PROGRAMS.map(|program| Costs {
        program,
        ..Costs::default()
    });
    for repeat in 1..=options.repeats {
        for costs in &mut costs {
            eprintln!("{}: {repeat} of {}", costs.program, options.repeats);
            costs.clean.push(project.build_clean(costs.program)?);
            costs
                .after_an_edit
                .push(project.build_edited(costs.program)?);
        }
    }
    for costs in &mut costs {
        costs.stripped_bytes = project.stripped_bytes(costs.program)?;
    }
    write(&costs)
}

fn write(costs: &[Costs]) -> Result<()> {
    let directory: PathBuf = bench_directory().join("results");
    fs::create_dir_all(&directory)?;
    let document = document(costs);
    println!("{document}");
    fs::write(directory.join("build.md"), document)?;
    let json = serde_json::to_string_pretty(costs)?;
    fs::write(directory.join("build.json"), json)?;
    Ok(())
}

fn document(costs: &[Costs]) -> String {
    let mut text = String::from("# Build costs\n\n");
    text += &Machine::detect().to_markdown();
    text += "- CPU s: user and system time of all processes of `cargo build`, median\n\n";
    text += "| program | clean, CPU s | clean, s | after an edit of the schema, CPU s | after an edit, s | stripped release, KiB |\n";
    text += "|---|---:|---:|---:|---:|---:|\n";
    for costs in costs {
        let of = |costs: &[Cost], figure: fn(&Cost) -> f64| {
            median(costs.iter().map(figure)).unwrap_or(f64::NAN)
        };
        let _ = writeln!(
            text,
            "| {} | {:.1} | {:.1} | {:.2} | {:.2} | {} |",
            costs.program,
            of(&costs.clean, |cost| cost.cpu_seconds),
            of(&costs.clean, |cost| cost.seconds),
            of(&costs.after_an_edit, |cost| cost.cpu_seconds),
            of(&costs.after_an_edit, |cost| cost.seconds),
            costs.stripped_bytes / 1024,
        );
    }
    text
}
