//! Measures a workload with several peers.

use work::Workload;

use crate::catalogue::Peer;
use crate::placement::Placement;
use crate::results::Cell;
use crate::trial::Trial;

/// A workload in one placement.
#[derive(Clone, Copy, Debug)]
pub struct Measurement<'a> {
    pub name: &'static str,
    pub workload: &'a Workload,
    pub placement: Placement,
    /// The duration of each repeat, in seconds.
    pub seconds: f64,
    pub repeats: usize,
}

impl Measurement<'_> {
    /// Runs all repeats. The peers take turns in each of them, so that a disturbance of the machine affects
    /// all of them.
    pub fn run(&self, peers: &[Peer]) -> Vec<Cell> {
        let cells = peers
            .iter()
            .map(|peer| Cell::new(self.name, peer.name, self.placement));
        let mut cells: Vec<Cell> = cells.collect();
        for repeat in 1..=self.repeats {
            for (peer, cell) in peers.iter().zip(&mut cells) {
                if cell.unsupported.is_none() {
                    self.run_once(repeat, peer, cell);
                }
            }
        }
        cells
    }

    fn run_once(&self, repeat: usize, peer: &Peer, cell: &mut Cell) {
        eprintln!(
            "{}, {}, {}: {repeat} of {}",
            self.name,
            self.placement.name(),
            peer.name,
            self.repeats
        );
        let trial = Trial {
            peer: *peer,
            workload: self.workload,
            seconds: self.seconds,
            placement: self.placement,
        };
        // A failure is reported in the tables, and does not stop the other trials.
        cell.add(trial.run());
    }
}
