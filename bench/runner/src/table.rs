//! Formats results as Markdown tables.

use std::fmt::Write;

use crate::catalogue::{BENCHMARKS, Benchmark, SUBJECT};
use crate::figures::Figure;
use crate::placement::Placement;
use crate::results::{Cell, Results};

/// Formats all results, with the machine and the settings.
pub fn document(results: &Results) -> String {
    let mut text = String::from("# Results\n\n");
    text += &results.machine.to_markdown();
    let (seconds, repeats) = (results.seconds, results.repeats);
    let _ = writeln!(
        text,
        "- medians of {repeats} interleaved runs of {seconds} s each\n"
    );
    text += "\"Ratio\" compares messi with the peer by the first column: above 1, messi is better. It is the median of the \
         ratios of the runs.\n";
    for benchmark in &BENCHMARKS {
        text += &section(results, benchmark);
    }
    text
}

/// Formats the results of a benchmark, with a table for each measured placement.
pub fn section(results: &Results, benchmark: &Benchmark) -> String {
    let mut text = String::new();
    for placement in Placement::ALL {
        let cells: Vec<&Cell> = results.of(benchmark.name, placement).collect();
        if !cells.is_empty() {
            let _ = writeln!(text, "\n### {}\n", placement.name());
            text += &table(&cells, benchmark.figures);
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("\n## {}: {}\n{text}", benchmark.name, benchmark.title),
    }
}

fn table(cells: &[&Cell], figures: &[Figure]) -> String {
    let names: Vec<&str> = figures.iter().map(|figure| figure.name).collect();
    let mut text = format!("| peer | {} | ratio |\n|---", names.join(" | "));
    text += &"|---:".repeat(figures.len() + 1);
    text += "|\n";
    let main = &figures[0];
    let subject = cells.iter().find(|cell| cell.peer == SUBJECT);
    for cell in cells {
        let _ = write!(text, "| {} |", cell.peer);
        for figure in figures {
            let _ = write!(text, " {} |", number(cell.median(figure)));
        }
        let ratio = subject.and_then(|subject| subject.ratio(cell, main));
        let _ = writeln!(text, " {} |", number(ratio));
    }
    text + &notes(cells.iter().copied())
}

/// Formats the reasons of missing figures.
pub(crate) fn notes<'a>(cells: impl Iterator<Item = &'a Cell>) -> String {
    let mut text = String::new();
    for cell in cells {
        if let Some(why) = &cell.unsupported {
            let _ = writeln!(text, "\n{}: {why}.", cell.peer);
        }
        if let Some(last) = cell.failures.last() {
            let count = cell.failures.len();
            let _ = writeln!(text, "\n{} failed {count} times: {last}.", cell.peer);
        }
    }
    text
}

/// Formats a value with three significant digits, or a missing value as "-".
pub fn number(value: Option<f64>) -> String {
    let Some(value) = value.filter(|value| value.is_finite()) else {
        return "-".into();
    };
    match value.abs() {
        100.0.. => grouped(value),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Formats an integer with thousands separators, rounded to three significant digits.
pub fn grouped(value: f64) -> String {
    let unit = 10_f64.powf((value.abs().log10().floor() - 2.0).max(0.0));
    let digits = format!("{:.0}", (value / unit).round() * unit);
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_significant_digits() {
        let expected = [
            (0.5, "0.50"),
            (12.34, "12.3"),
            (999.4, "999"),
            (1_234_567.0, "1,230,000"),
        ];
        for (value, text) in expected {
            assert_eq!(number(Some(value)), text);
        }
        assert_eq!(number(None), "-");
        assert_eq!(number(Some(f64::NAN)), "-");
    }
}
