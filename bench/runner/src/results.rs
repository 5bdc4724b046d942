//! The measurements of one run of `bench/run`.

use serde::Serialize;
use work::{Outcome, Report};

use crate::Result;
use crate::figures::Figure;
use crate::machine::Machine;
use crate::placement::Placement;

/// All measurements, and the machine.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    pub machine: Machine,
    /// The duration of one measurement, in seconds. Benchmarks with a longer minimum ignore it.
    pub seconds: f64,
    pub repeats: usize,
    pub cells: Vec<Cell>,
}

/// The measurements of one benchmark with one peer in one placement.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    #[serde(rename = "work")]
    pub workload: &'static str,
    pub peer: &'static str,
    pub placement: Placement,
    pub reports: Vec<Report>,
    /// The reason if the peer does not support the workload.
    #[serde(rename = "cannot")]
    pub unsupported: Option<String>,
    /// The errors of failed trials.
    pub failures: Vec<String>,
}

impl Cell {
    pub fn new(workload: &'static str, peer: &'static str, placement: Placement) -> Self {
        Self {
            workload,
            peer,
            placement,
            reports: Vec::new(),
            unsupported: None,
            failures: Vec::new(),
        }
    }

    /// Adds the outcome of one trial.
    pub fn add(&mut self, outcome: Result<Outcome>) {
        match outcome {
            Ok(Outcome::Done(report)) => self.reports.push(report),
            Ok(Outcome::Unsupported(why)) => self.unsupported = Some(why),
            Err(error) => self.failures.push(error.to_string()),
        }
    }

    /// Returns the median of a figure over all repeats.
    pub fn median(&self, figure: &Figure) -> Option<f64> {
        median(self.reports.iter().map(figure.value))
    }

    /// Returns how many times better a figure is than that of another peer: the median of the ratios of the repeats.
    ///
    /// Not the ratio of the medians: the speed of the machine changes from repeat to repeat, and within a repeat the
    /// peers follow each other.
    pub fn ratio(&self, other: &Self, figure: &Figure) -> Option<f64> {
        let pairs = self.reports.iter().zip(&other.reports);
        let ratios = pairs.map(|(own, other)| {
            let [own, other] = [own, other].map(figure.value);
            figure.ratio(own, other)
        });
        median(ratios)
    }
}

/// Returns the median: the middle value, or the mean of the two middle values.
pub fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        count if count % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

impl Results {
    /// Returns the cells of a benchmark in a placement, in the order of the peers.
    pub fn of<'a>(
        &'a self,
        workload: &'a str,
        placement: Placement,
    ) -> impl Iterator<Item = &'a Cell> {
        let is_wanted =
            move |cell: &&Cell| cell.workload == workload && cell.placement == placement;
        self.cells.iter().filter(is_wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::SECONDS;

    fn cell(repeats: &[f64]) -> Cell {
        let mut cell = Cell::new("work", "peer", Placement::Same);
        for &seconds in repeats {
            cell.add(Ok(Outcome::Done(Report {
                seconds,
                ..Report::default()
            })));
        }
        cell
    }

    #[test]
    fn a_machine_that_slows_down_does_not_change_the_ratio() {
        let (own, other) = (cell(&[1.0, 2.0, 8.0]), cell(&[2.0, 8.0, 16.0]));
        assert_eq!(own.ratio(&other, &SECONDS), Some(2.0));
        assert_eq!(other.ratio(&own, &SECONDS), Some(0.5));
    }

    #[test]
    fn the_median_is_the_middle_value_or_the_mean_of_two() {
        assert_eq!(cell(&[]).median(&SECONDS), None);
        let repeats = [3.0, 1.0, 9.0];
        for (count, median) in [(1, 3.0), (2, 2.0), (3, 3.0)] {
            assert_eq!(cell(&repeats[..count]).median(&SECONDS), Some(median));
        }
    }
}
