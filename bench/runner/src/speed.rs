//! The tables of the project's README: messi beside others, and messi on each runtime.

use std::fmt::Write;

use crate::catalogue::SUBJECT;
use crate::figures::RATE;
use crate::placement::Placement;
use crate::results::{Cell, Results};
use crate::table::number;

/// A row group of the tables: a benchmark with a variant of messi.
struct Work {
    title: &'static str,
    benchmark: &'static str,
    subject: &'static str,
    placements: &'static [Placement],
}

const fn work(title: &'static str, benchmark: &'static str) -> Work {
    Work {
        title,
        benchmark,
        subject: SUBJECT,
        placements: &Placement::ALL,
    }
}

/// Busy polling is for processes with a core of their own.
const fn busy_poll(title: &'static str, benchmark: &'static str) -> Work {
    Work {
        subject: "messi:busy-poll",
        placements: &[Placement::Apart],
        ..work(title, benchmark)
    }
}

/// The rows of the tables.
const WORKS: [Work; 8] = [
    work("round trips, one at a time", "ping-pong"),
    busy_poll("round trips, one at a time, `busy_poll`", "ping-pong"),
    work("round trips, 64 under way", "outstanding-64"),
    busy_poll("round trips, 64 under way, `busy_poll`", "outstanding-64"),
    work("one way", "blast"),
    work("broadcast to 50, back to back", "broadcast-50"),
    work("broadcast to 50, one at a time", "broadcast-50-single"),
    work("one way, 900 KiB each", "payload-900k"),
];

/// The peers that messi is compared with, with their headings.
const OTHERS: [(&str, &str); 4] = [
    ("raw", "by hand"),
    ("tonic", "tonic stream"),
    ("protosocket", "protosocket"),
    ("original", "original in C"),
];

/// The runtimes: the heading, messi, and the loop by hand on the same executor.
const RUNTIMES: [(&str, &str, &str); 3] = [
    ("async-std", "messi", "raw"),
    ("smol", "messi:smol", "raw"),
    ("tokio", "messi:tokio", "raw:tokio"),
];

/// Formats both tables.
pub fn document(results: &Results) -> String {
    let mut text = String::from("# Speed\n\n## messi beside others\n\n");
    text += &beside_others(results);
    text += "\n## messi on each runtime\n\n";
    text += &on_each_runtime(results);
    text
}

fn beside_others(results: &Results) -> String {
    let headings = OTHERS.map(|(_, heading)| heading.to_owned());
    let mut text = head(&["messi, messages/s".to_owned()], &headings);
    rows(results, &mut text, |row, work| {
        let own = row.rate(work.subject)?;
        let ratios = OTHERS.map(|(peer, _)| row.ratio(work.subject, peer));
        Some([vec![Some(own)], ratios.to_vec()].concat())
    });
    text
}

fn on_each_runtime(results: &Results) -> String {
    let headings = RUNTIMES.map(|(name, ..)| [format!("{name}, messages/s"), "by hand".to_owned()]);
    let mut text = head(&headings.concat(), &[]);
    rows(results, &mut text, |row, work| {
        if work.subject != SUBJECT {
            return None;
        }
        let figures = RUNTIMES.map(|(_, peer, by_hand)| [row.rate(peer), row.ratio(peer, by_hand)]);
        figures
            .iter()
            .flatten()
            .any(Option::is_some)
            .then(|| figures.concat())
    });
    text
}

fn head(first: &[String], second: &[String]) -> String {
    let headings = [first, second].concat();
    let columns = "|---:".repeat(headings.len());
    format!(
        "| work | core | {} |\n|---|---{columns}|\n",
        headings.join(" | ")
    )
}

/// Appends a row for each work and placement of which `figures` returns any.
fn rows(
    results: &Results,
    text: &mut String,
    figures: impl Fn(Row<'_>, &Work) -> Option<Vec<Option<f64>>>,
) {
    for work in &WORKS {
        let mut title = format!("| {}", work.title);
        for &placement in work.placements {
            let row = Row {
                results,
                benchmark: work.benchmark,
                placement,
            };
            let Some(figures) = figures(row, work) else {
                continue;
            };
            let _ = write!(text, "{title} | {} |", core(placement));
            for figure in figures {
                let _ = write!(text, " {} |", number(figure));
            }
            text.push('\n');
            // Only the first row of a work has its title.
            title = "|".into();
        }
    }
}

/// The measurements of a benchmark in a placement.
struct Row<'a> {
    results: &'a Results,
    benchmark: &'static str,
    placement: Placement,
}

impl Row<'_> {
    /// Returns the median rate of a peer.
    fn rate(&self, peer: &str) -> Option<f64> {
        self.cell(peer)?.median(&RATE)
    }

    /// Returns how many times as fast a peer is as another one.
    fn ratio(&self, peer: &str, other: &str) -> Option<f64> {
        self.cell(peer)?.ratio(self.cell(other)?, &RATE)
    }

    fn cell(&self, peer: &str) -> Option<&Cell> {
        let mut cells = self.results.of(self.benchmark, self.placement);
        cells.find(|cell| cell.peer == peer)
    }
}

/// Describes a placement in a narrow column.
fn core(placement: Placement) -> &'static str {
    match placement {
        Placement::Same => "shared",
        Placement::Apart => "one each",
        Placement::Free => "any",
        Placement::Busy => "any, one busy",
    }
}

#[cfg(test)]
mod tests {
    use work::{Outcome, Report};

    use super::*;
    use crate::machine::Machine;

    fn cell(peer: &'static str, placement: Placement, messages: u64) -> Cell {
        let mut cell = Cell::new("blast", peer, placement);
        cell.add(Ok(Outcome::Done(Report {
            messages,
            seconds: 1.0,
            ..Report::default()
        })));
        cell
    }

    #[test]
    fn messi_is_compared_with_others_and_with_the_loop_on_the_same_runtime() {
        let results = Results {
            machine: Machine::detect(),
            seconds: 1.0,
            repeats: 1,
            cells: vec![
                cell("messi", Placement::Same, 300),
                cell("messi:tokio", Placement::Same, 100),
                cell("raw", Placement::Same, 400),
                cell("raw:tokio", Placement::Same, 200),
                cell("tonic", Placement::Same, 150),
                cell("messi", Placement::Busy, 500),
            ],
        };
        let rows = |table: String| table.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            rows(beside_others(&results)),
            [
                "| one way | shared | 300 | 0.75 | 2.00 | - | - |",
                "| | any, one busy | 500 | - | - | - | - |",
            ]
        );
        assert_eq!(
            rows(on_each_runtime(&results)),
            [
                "| one way | shared | 300 | 0.75 | - | - | 100 | 0.50 |",
                "| | any, one busy | 500 | - | - | - | - | - |",
            ]
        );
    }
}
