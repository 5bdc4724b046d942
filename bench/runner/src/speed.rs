//! The tables of the project's README: messi beside others, and messi on each runtime.

use std::fmt::Write;

use crate::catalogue::SUBJECT;
use crate::figures::RATE;
use crate::placement::Placement;
use crate::results::Results;
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
        let ratios = OTHERS.map(|(peer, _)| row.rate(peer).map(|other| own / other));
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
        let figures = RUNTIMES.map(|(_, peer, by_hand)| {
            let own = row.rate(peer);
            let ratio = own.zip(row.rate(by_hand)).map(|(own, other)| own / other);
            [own, ratio]
        });
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
        let mut title = work.title;
        for &placement in work.placements {
            let row = Row {
                results,
                benchmark: work.benchmark,
                placement,
            };
            let Some(figures) = figures(row, work) else {
                continue;
            };
            let _ = write!(text, "| {title} | {} |", core(placement));
            for figure in figures {
                let _ = write!(text, " {} |", number(figure));
            }
            text.push('\n');
            // Only the first row of a work has its title.
            title = "";
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
        let mut cells = self.results.of(self.benchmark, self.placement);
        cells.find(|cell| cell.peer == peer)?.median(&RATE)
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
