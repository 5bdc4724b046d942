//! The results of one run, as measurements and as Markdown.

use std::fmt::Write;
use std::time::Duration;

use clap::ValueEnum;
use runner::machine::Machine;
use runner::results::median;
use runner::table::{grouped, number};
use serde::Serialize;
use work::Latency;

use crate::capacity::{self, Capacity};
use crate::options::Work;
use crate::throughput::{NODES, Peer, Throughput};

/// The rate that broadcasts to ten clients of each node should reach, in messages a second.
const TARGET_RATE: f64 = 250_000.0;

/// The times from node to node that should be kept, in microseconds.
const TARGET_P50: f64 = 250.0;
const TARGET_P99: f64 = 1_000.0;

/// The time until all nodes are up again that should be kept, in seconds.
const TARGET_UP: f64 = 1.0;

/// The time until others know that a node is gone that should be kept, in seconds.
const TARGET_GONE: f64 = 6.0;

/// All measurements of a run.
#[derive(Serialize)]
pub(crate) struct Results {
    pub(crate) machine: Machine,
    pub(crate) engine: String,
    /// The processes that wanted to run before the measurements, on average of a minute.
    pub(crate) load: String,
    pub(crate) seconds: f64,
    pub(crate) repeats: usize,
    pub(crate) throughput: Vec<(Peer, Vec<Throughput>)>,
    pub(crate) latency: Vec<(&'static str, Vec<Latency>)>,
    /// Seconds until each node is up, by outage.
    pub(crate) up: Vec<(Duration, Vec<f64>)>,
    /// Seconds until each other node knows that one is gone.
    pub(crate) gone: Vec<f64>,
    pub(crate) capacity: Vec<Capacity>,
}

impl Results {
    /// Formats all results, with the machine and the settings.
    pub(crate) fn document(&self) -> String {
        let mut text = String::from("# Clusters\n\n");
        text += &self.machine.to_markdown();
        let _ = writeln!(
            text,
            "- engine: {}\n- load average before the run: {}\n- medians of {} interleaved runs, of {} s each where messages are sent at full speed",
            self.engine, self.load, self.repeats, self.seconds
        );
        for work in Work::value_variants() {
            text += &self.section(*work);
        }
        text
    }

    /// Formats the results of a measurement, if there are any.
    pub(crate) fn section(&self, work: Work) -> String {
        match work {
            Work::Throughput => self.throughput(),
            Work::Latency => self.latency(),
            Work::Restart => self.up(),
            Work::Kill => self.gone(),
            Work::Capacity => capacity::section(&self.capacity),
        }
    }

    /// Formats the broadcasts at full speed.
    fn throughput(&self) -> String {
        if self.throughput.iter().all(|(_, runs)| runs.is_empty()) {
            return String::new();
        }
        let mut text = format!(
            "\n## Messages of 60 bytes from one node to the clients of {NODES}\n\n\
             CPU is that of one process, in seconds per million published messages.\n\n\
             | sent by | clients of each node | published/s | node deliveries/s | client deliveries/s \
             | CPU: publisher | each other node | engine | clients |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        );
        for (peer, runs) in &self.throughput {
            text += &row(peer, runs);
        }
        let reached = self
            .throughput
            .iter()
            .filter(|(peer, _)| peer.clients == Some(10));
        for (peer, runs) in reached {
            let rate = rate(runs).unwrap_or_default();
            let target = format!(
                "{} published/s by {} to 10 clients of each node",
                grouped(TARGET_RATE),
                peer.name
            );
            text += &verdict(&target, rate >= TARGET_RATE);
        }
        text
    }

    /// Formats the times of single messages.
    fn latency(&self) -> String {
        if self.latency.iter().all(|(_, runs)| runs.is_empty()) {
            return String::new();
        }
        let mut text = String::from(
            "\n## One message at a time\n\n| way | p50 µs | p99 µs | p99.9 µs |\n|---|---:|---:|---:|\n",
        );
        let of = |runs: &[Latency], figure: fn(&Latency) -> f64| median(runs.iter().map(figure));
        for (way, runs) in &self.latency {
            let [p50, p99, p999] = [
                of(runs, |it| it.p50),
                of(runs, |it| it.p99),
                of(runs, |it| it.p999),
            ]
            .map(number);
            let _ = writeln!(text, "| {way} | {p50} | {p99} | {p999} |");
        }
        if let Some((_, runs)) = self.latency.last() {
            let p50 = of(runs, |it| it.p50).unwrap_or(f64::NAN);
            let p99 = of(runs, |it| it.p99).unwrap_or(f64::NAN);
            let target = format!("{TARGET_P50} µs at p50 and {TARGET_P99} µs at p99 between nodes");
            text += &verdict(&target, p50 <= TARGET_P50 && p99 <= TARGET_P99);
        }
        text
    }

    /// Formats the times after outages of the engine.
    fn up(&self) -> String {
        if self.up.iter().all(|(_, times)| times.is_empty()) {
            return String::new();
        }
        let mut text = String::from(
            "\n## Nodes that are up again, after the engine is killed and started\n\n\
             From when the engine accepts connections until a node can publish and receive.\n\n\
             | engine away | median, s | longest, s |\n|---:|---:|---:|\n",
        );
        for (outage, times) in &self.up {
            let outage = format!("{} s", outage.as_secs_f64());
            text += &times_row(&outage, times);
        }
        let mut all = self.up.iter().flat_map(|(_, times)| times);
        let target = format!("{TARGET_UP} s");
        text + &verdict(&target, all.all(|time| *time <= TARGET_UP))
    }

    /// Formats the times after which a killed node is gone.
    fn gone(&self) -> String {
        if self.gone.is_empty() {
            return String::new();
        }
        let mut text = String::from(
            "\n## Killed nodes, until the others know\n\n| nodes | median, s | longest, s |\n|---:|---:|---:|\n",
        );
        text += &times_row(&NODES.to_string(), &self.gone);
        let target = format!("{TARGET_GONE} s");
        text + &verdict(&target, self.gone.iter().all(|time| *time <= TARGET_GONE))
    }
}

fn row(peer: &Peer, runs: &[Throughput]) -> String {
    let rate = rate(runs);
    let nodes = NODES as f64;
    let clients = peer.clients.map(|clients| clients as f64);
    let cpu = |figure: fn(&Throughput) -> Option<f64>| {
        let costs = runs
            .iter()
            .filter_map(|run| Some(figure(run)? / millions(run)));
        number(median(costs))
    };
    let cells = [
        clients.map_or_else(|| "-".into(), |clients| clients.to_string()),
        number(rate),
        number(rate.map(|rate| rate * nodes)),
        number(
            rate.zip(clients)
                .map(|(rate, clients)| rate * nodes * clients),
        ),
        cpu(|run| Some(run.publisher_cpu)),
        cpu(|run| run.node_cpu),
        cpu(|run| run.engine_cpu),
        cpu(|run| Some(run.receivers_cpu)),
    ];
    format!("| {} | {} |\n", peer.name, cells.join(" | "))
}

fn rate(runs: &[Throughput]) -> Option<f64> {
    median(runs.iter().map(|run| run.messages as f64 / run.seconds))
}

fn millions(run: &Throughput) -> f64 {
    run.messages as f64 / 1e6
}

fn times_row(name: &str, times: &[f64]) -> String {
    let longest = times.iter().copied().reduce(f64::max);
    let [median, longest] = [median(times.iter().copied()), longest].map(number);
    format!("| {name} | {median} | {longest} |\n")
}

/// Says whether a target is reached.
fn verdict(target: &str, is_reached: bool) -> String {
    let verdict = if is_reached { "reached" } else { "missed" };
    format!("\nThe target, {target}, is {verdict}.\n")
}
