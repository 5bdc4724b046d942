//! How many messages an engine carries to how many nodes.

use std::fmt::Write;

use runner::results::median;
use runner::table::number;
use serde::Serialize;

use crate::engine::Engine;
use crate::throughput::{self, Throughput};

/// The numbers of subscribers that are measured.
const SUBSCRIBERS: [usize; 5] = [1, 3, 10, 30, 100];

/// Measurements of the bare engine with this number of subscribers.
#[derive(Serialize)]
pub(crate) struct Capacity {
    pub(crate) subscribers: usize,
    pub(crate) runs: Vec<Throughput>,
}

impl Capacity {
    /// Returns the CPU time of the engine for a message, in microseconds.
    fn cost(&self) -> Option<f64> {
        let costs = self.runs.iter().filter_map(|run| {
            let cpu = run.engine_cpu?;
            Some(cpu * 1e6 / run.messages as f64)
        });
        median(costs)
    }
}

/// Measures each number of subscribers, one after the other, several times.
pub(crate) fn measure(engine: &Engine, repeats: usize, seconds: f64) -> Vec<Capacity> {
    let empty = |subscribers| Capacity {
        subscribers,
        runs: Vec::new(),
    };
    let mut capacities: Vec<_> = SUBSCRIBERS.into_iter().map(empty).collect();
    for _ in 0..repeats {
        for Capacity { subscribers, runs } in &mut capacities {
            runs.push(throughput::measure_engine(engine, *subscribers, seconds));
        }
    }
    capacities
}

/// Formats the costs of the engine, and a line through them.
pub(crate) fn section(capacities: &[Capacity]) -> String {
    let points = capacities.iter();
    let points = points.filter_map(|it| Some((it.subscribers as f64, it.cost()?)));
    let points: Vec<_> = points.collect();
    let Some((each, per_subscriber)) = fit(&points) else {
        return String::new();
    };
    let mut text = format!(
        "\n## What the engine spends on a message of 60 bytes\n\n\
         One core of the engine, by the number of its subscribers. The line through the costs: {} µs, and {} µs for each \
         subscriber. It has the smallest relative errors.\n\n\
         | subscribers | CPU, µs | on the line | messages/s of a whole core | deliveries/s |\n|---:|---:|---:|---:|---:|\n",
        number(Some(each)),
        number(Some(per_subscriber))
    );
    for (subscribers, cost) in points {
        let rate = 1e6 / cost;
        let cells = [
            cost,
            each + per_subscriber * subscribers,
            rate,
            rate * subscribers,
        ];
        let cells = cells.map(|cell| number(Some(cell))).join(" | ");
        let _ = writeln!(text, "| {subscribers} | {cells} |");
    }
    text
}

/// Returns the line through points with the smallest sum of squared relative errors: its value at 0, and its slope.
fn fit(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    if points.len() < 2 {
        return None;
    }
    // Each point weighs 1 / y².
    let sum = |term: fn(f64, f64) -> f64| {
        let terms = points.iter().map(|&(x, y)| term(x, y) / (y * y));
        terms.sum::<f64>()
    };
    let (weight, x, y) = (sum(|_, _| 1.0), sum(|x, _| x), sum(|_, y| y));
    let (xx, xy) = (sum(|x, _| x * x), sum(|x, y| x * y));
    let slope = (weight * xy - x * y) / (weight * xx - x * x);
    Some(((y - slope * x) / weight, slope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_again() {
        let points = [1.0, 3.0, 10.0, 100.0].map(|x| (x, 2.0 + 0.5 * x));
        let (each, slope) = fit(&points).unwrap();
        assert!((each - 2.0).abs() < 1e-9 && (slope - 0.5).abs() < 1e-9);
        assert_eq!(fit(&points[..1]), None);
    }
}
