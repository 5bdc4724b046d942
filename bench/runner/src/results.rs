//! What was measured, of all repeats.

use serde::Serialize;
use work::{Outcome, Report};

use crate::Result;
use crate::figures::Figure;
use crate::machine::Machine;
use crate::placement::Placement;

/// Everything that one command has measured.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    pub machine: Machine,
    /// The time that one trial measures, in seconds, but for those that need longer.
    pub seconds: f64,
    pub repeats: usize,
    pub cells: Vec<Cell>,
}

/// One work with one peer in one placement.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    #[serde(rename = "work")]
    pub workload: &'static str,
    pub peer: &'static str,
    pub placement: Placement,
    pub reports: Vec<Report>,
    /// Why the peer can't do it, if it can't.
    #[serde(rename = "cannot")]
    pub unsupported: Option<String>,
    /// What went wrong in repeats that give no report.
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

    pub fn add(&mut self, outcome: Result<Outcome>) {
        match outcome {
            Ok(Outcome::Done(report)) => self.reports.push(report),
            Ok(Outcome::Unsupported(why)) => self.unsupported = Some(why),
            Err(error) => self.failures.push(error.to_string()),
        }
    }

    /// The median of a figure over all repeats.
    pub fn median(&self, figure: &Figure) -> Option<f64> {
        median(self.reports.iter().map(figure.value))
    }
}

/// The middle of some values; of an even number of them, the mean of the two in the middle.
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
    /// The cells of a work in a placement, in the order of the peers.
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

    #[test]
    fn a_median_is_the_middle_or_between_the_two_in_the_middle() {
        let mut cell = Cell::new("work", "peer", Placement::Same);
        assert_eq!(cell.median(&SECONDS), None);
        for (seconds, median) in [(3.0, 3.0), (1.0, 2.0), (9.0, 3.0)] {
            cell.add(Ok(Outcome::Done(Report {
                seconds,
                ..Report::default()
            })));
            assert_eq!(cell.median(&SECONDS), Some(median));
        }
    }
}
