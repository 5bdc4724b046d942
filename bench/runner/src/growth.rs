//! Workloads with a growing number of clients: the costs of each of them should stay the same.

use std::fmt::Write;

use serde::Serialize;
use work::Workload;

use crate::catalogue::SUBJECT;
use crate::figures::{self, Figure};
use crate::machine::Machine;
use crate::placement::Placement;
use crate::plot::{Bar, Panel};
use crate::results::Cell;
use crate::table::{grouped, notes, number};

/// The descriptors of a process that are not connections.
const OTHER_DESCRIPTORS: usize = 100;

/// The factor by which a figure with the most clients may be worse than with the fewest.
const FLAT: f64 = 1.1;

/// The number of messages in a batch of broadcasts.
const BATCH: usize = 128;

/// A workload with a growing number of clients.
#[derive(Clone, Debug)]
pub struct Series {
    pub name: &'static str,
    /// The description in the tables.
    pub title: &'static str,
    /// The numbers of clients, in ascending order.
    clients: &'static [usize],
    pub workload: fn(clients: usize) -> Workload,
    goals: &'static [Goal],
    /// The minimum duration of a measurement, in seconds.
    pub min_seconds: f64,
}

/// A figure, and the target for messi.
#[derive(Clone, Copy, Debug)]
struct Goal {
    figure: Figure,
    target: Target,
}

#[derive(Clone, Copy, Debug)]
enum Target {
    None,
    /// With the most clients, at most [`FLAT`] times worse than with the fewest.
    Flat,
    /// At most this value, with any number of clients.
    AtMost(f64),
}

const fn goal(figure: Figure, target: Target) -> Goal {
    Goal { figure, target }
}

/// All series.
pub const SERIES: [Series; 4] = [
    Series {
        name: "idle",
        title: "Connections with keep-alive only",
        clients: &[1_000, 10_000, 50_000],
        workload: |connections| Workload::Idle { connections },
        goals: &[
            goal(figures::SERVER_MEMORY, Target::Flat),
            goal(figures::CLIENT_MEMORY, Target::Flat),
            goal(figures::SERVER_CPU_EACH, Target::Flat),
            goal(figures::CLIENT_CPU_EACH, Target::Flat),
            goal(figures::LOST, Target::AtMost(0.0)),
        ],
        // Long enough for several pings, and for the detection of a lost one.
        min_seconds: 10.0,
    },
    Series {
        name: "broadcast",
        title: "Batches of 128 messages to all clients",
        clients: &[50, 1_000, 10_000],
        workload: |clients| Workload::Broadcast {
            clients,
            burst: BATCH,
        },
        goals: &[
            goal(figures::DELIVERED, Target::None),
            goal(figures::CPU_PER_MILLION, Target::Flat),
            goal(figures::SERVER_MEMORY, Target::None),
        ],
        min_seconds: 0.0,
    },
    Series {
        name: "broadcast-single",
        title: "One message at a time to all clients",
        clients: &[50, 1_000, 10_000],
        workload: |clients| Workload::Broadcast { clients, burst: 1 },
        goals: &[
            goal(figures::LAST_P50, Target::AtMost(100.0)),
            goal(figures::LAST_MAX, Target::AtMost(100.0)),
            goal(figures::DELIVERED, Target::None),
            goal(figures::CPU_PER_MILLION, Target::Flat),
        ],
        min_seconds: 0.0,
    },
    Series {
        name: "accept",
        title: "Clients that connect at the same moment, until all have a response",
        clients: &[1_000, 10_000, 50_000],
        workload: |connections| Workload::Storm { connections },
        goals: &[
            goal(figures::SERVED, Target::Flat),
            goal(figures::CPU_PER_CONNECTION, Target::Flat),
            goal(figures::LOST, Target::AtMost(0.0)),
        ],
        min_seconds: 0.0,
    },
];

impl Series {
    /// Returns the numbers of clients, as far as a limit of descriptors allows.
    pub fn clients(&self, descriptors: usize) -> Vec<usize> {
        let most = descriptors.saturating_sub(OTHER_DESCRIPTORS);
        let mut clients: Vec<usize> = self.clients.iter().map(|it| *it.min(&most)).collect();
        clients.dedup();
        clients
    }
}

/// All measurements, and the machine.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    pub machine: Machine,
    /// The limit of file descriptors of each process.
    pub descriptors: usize,
    pub placement: Placement,
    /// The duration of one measurement, in seconds. Series with a longer minimum ignore it.
    pub seconds: f64,
    pub repeats: usize,
    pub points: Vec<Point>,
}

/// The measurements of one series with one peer and one number of clients.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    pub clients: usize,
    #[serde(flatten)]
    pub cell: Cell,
}

impl Growth {
    /// Formats all results, with the machine and the settings.
    pub fn document(&self) -> String {
        let mut text = String::from("# Growth\n\n");
        text += &self.machine.to_markdown();
        let _ = writeln!(
            text,
            "- medians of {} interleaved runs of {} s each, {}\n- {} descriptors for each process",
            self.repeats,
            self.seconds,
            self.placement.name(),
            grouped(self.descriptors as f64)
        );
        text +=
            "\n\"Growth\" is the figure with the most clients, divided by that with the fewest.\n";
        for series in &SERIES {
            text += &self.section(series);
        }
        text
    }

    /// Formats the results of a series, with a table for each figure.
    pub fn section(&self, series: &Series) -> String {
        let points = self.of(series);
        if points.is_empty() {
            return String::new();
        }
        let mut text = format!("\n## {}: {}\n", series.name, series.title);
        let wanted = series.clients.iter().max().copied().unwrap_or_default();
        let most = points.iter().map(|it| it.clients).max().unwrap_or_default();
        if most < wanted {
            let (wanted, most) = (grouped(wanted as f64), grouped(most as f64));
            let _ = writeln!(
                text,
                "\nThe limit of descriptors allows {most} clients, where {wanted} were to be measured."
            );
        }
        for goal in series.goals {
            let _ = write!(text, "\n### {}\n\n", goal.figure.name);
            text += &table(&points, &goal.figure);
            if let Some(verdict) = goal.verdict(&points) {
                let _ = writeln!(text, "\n{verdict}");
            }
        }
        text += &notes(points.iter().map(|it| &it.cell));
        text
    }

    /// Returns a panel for each figure of a series.
    pub fn panels(&self, series: &Series) -> Vec<Panel> {
        let points = self.of(series);
        let panels = series.goals.iter().map(|Goal { figure, .. }| {
            let bars = by_peer(&points).into_iter().flatten().filter_map(|point| {
                let (peer, clients) = (point.cell.peer, grouped(point.clients as f64));
                Some(Bar {
                    peer,
                    label: format!("{peer}, {clients}"),
                    value: point.cell.median(figure)?,
                })
            });
            Panel {
                caption: format!("{}: {}", series.name, figure.name),
                bars: bars.collect(),
            }
        });
        panels.collect()
    }

    fn of(&self, series: &Series) -> Vec<&Point> {
        let points = self.points.iter();
        points
            .filter(|it| it.cell.workload == series.name)
            .collect()
    }
}

/// Groups points by their peer, each with a growing number of clients.
fn by_peer<'a>(points: &[&'a Point]) -> Vec<Vec<&'a Point>> {
    let mut groups: Vec<Vec<&Point>> = Vec::new();
    for point in points {
        let is_same = |group: &&mut Vec<&Point>| group[0].cell.peer == point.cell.peer;
        match groups.iter_mut().find(is_same) {
            Some(group) => group.push(point),
            None => groups.push(vec![point]),
        }
    }
    groups
}

/// Formats one figure of a series, with a column for each number of clients.
fn table(points: &[&Point], figure: &Figure) -> String {
    let groups = by_peer(points);
    let mut text = String::from("| peer |");
    for point in groups.first().into_iter().flatten() {
        let _ = write!(text, " {} |", grouped(point.clients as f64));
    }
    let columns = groups.first().map_or(0, Vec::len);
    let _ = writeln!(text, " growth |\n|---{}|", "|---:".repeat(columns + 1));
    for group in groups {
        let medians = medians(&group, figure);
        let _ = write!(text, "| {} |", group[0].cell.peer);
        for median in &medians {
            let _ = write!(text, " {} |", number(*median));
        }
        let ends = medians[0].zip(medians[medians.len() - 1]);
        let growth = ends.map(|(fewest, most)| most / fewest);
        let _ = writeln!(text, " {} |", number(growth));
    }
    text
}

/// Returns a figure for each number of clients.
fn medians(group: &[&Point], figure: &Figure) -> Vec<Option<f64>> {
    let medians = group.iter().map(|point| point.cell.median(figure));
    medians.collect()
}

impl Goal {
    /// Compares messi with the target, as a sentence.
    fn verdict(&self, points: &[&Point]) -> Option<String> {
        let groups = by_peer(points);
        let subject = groups.iter().find(|group| group[0].cell.peer == SUBJECT)?;
        let values: Option<Vec<f64>> = medians(subject, &self.figure).into_iter().collect();
        let values = values?;
        let (is_reached, target) = match self.target {
            Target::None => return None,
            Target::Flat => {
                let worse = self.figure.ratio(*values.first()?, *values.last()?);
                let target = "at most 10 % worse with the most clients than with the fewest";
                (worse <= FLAT, target.to_owned())
            }
            Target::AtMost(limit) => {
                let is_reached = values.iter().all(|value| *value <= limit);
                (is_reached, format!("at most {limit}"))
            }
        };
        let verdict = if is_reached { "reached" } else { "missed" };
        Some(format!("The target of {SUBJECT} is {target}: {verdict}."))
    }
}

#[cfg(test)]
mod tests {
    use work::{Outcome, Report};

    use super::*;

    /// Returns points of messi with measurements that took these times.
    fn points(seconds: [f64; 2]) -> [Point; 2] {
        [0, 1].map(|index| {
            let mut cell = Cell::new("series", SUBJECT, Placement::Free);
            let report = Report {
                seconds: seconds[index],
                ..Report::default()
            };
            cell.add(Ok(Outcome::Done(report)));
            Point {
                clients: [10, 1_000][index],
                cell,
            }
        })
    }

    fn verdict(target: Target, seconds: [f64; 2]) -> Option<String> {
        let [fewest, most] = points(seconds);
        goal(figures::SECONDS, target).verdict(&[&fewest, &most])
    }

    #[test]
    fn the_clients_are_limited_by_descriptors() {
        let idle = &SERIES[0];
        assert_eq!(idle.clients(1 << 20), [1_000, 10_000, 50_000]);
        assert_eq!(idle.clients(20_000), [1_000, 10_000, 19_900]);
        assert_eq!(idle.clients(5_000), [1_000, 4_900]);
    }

    #[test]
    fn a_table_has_a_column_for_each_number_of_clients() {
        let [fewest, most] = points([2.0, 3.0]);
        assert_eq!(
            table(&[&fewest, &most], &figures::SECONDS),
            "| peer | 10 | 1,000 | growth |\n|---|---:|---:|---:|\n| messi | 2.00 | 3.00 | 1.50 |\n"
        );
    }

    #[test]
    fn a_target_is_reached_or_missed() {
        let is_reached = |target, seconds| {
            verdict(target, seconds).map(|sentence| sentence.ends_with("reached."))
        };
        assert_eq!(is_reached(Target::Flat, [2.0, 2.2]), Some(true));
        assert_eq!(is_reached(Target::Flat, [2.0, 2.3]), Some(false));
        assert_eq!(is_reached(Target::AtMost(3.0), [2.0, 3.0]), Some(true));
        assert_eq!(is_reached(Target::AtMost(2.0), [2.0, 3.0]), Some(false));
        assert_eq!(is_reached(Target::None, [2.0, 3.0]), None);
    }
}
