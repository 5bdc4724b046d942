//! The table of metrics in the guide.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use messi::{ServerStats, Stats};

use crate::markdown::{read, rows};

/// Returns the types of the metrics in the table, by their names.
fn listed() -> BTreeMap<String, String> {
    let page = read("docs/metrics.md");
    let metrics = rows(&page).into_iter().filter_map(|row| {
        let name = row.get("metric")?.trim_matches('`');
        Some((name.into(), row.get("type")?.to_string()))
    });
    metrics.collect()
}

/// Returns the types of the metrics in the text, by their names.
fn written() -> BTreeMap<String, String> {
    let mut stats = Stats::default();
    stats.round_trip_time = Some(Duration::from_secs(1));
    let text = ServerStats::default().openmetrics() + &stats.openmetrics();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let metrics = types.map(|line| {
        let (name, kind) = line.split_once(' ').unwrap();
        let suffix = if kind == "counter" { "_total" } else { "" };
        (format!("{name}{suffix}"), kind.into())
    });
    metrics.collect()
}

#[test]
fn the_guide_lists_the_metrics_of_the_text_with_their_types() {
    let mut listed = listed();
    listed.retain(|_, kind| kind != "histogram");
    assert_eq!(listed, written());
}

#[test]
fn the_guide_lists_all_metrics_of_the_source() {
    let source = read("messi-core/src/metrics/families.rs");
    let names = source.split('"').filter(|it| it.starts_with("messi_"));
    let names: BTreeSet<_> = names.map(str::to_owned).collect();
    assert_eq!(listed().into_keys().collect::<BTreeSet<_>>(), names);
}
