//! Plots of the results as SVG.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Result;
use crate::catalogue::{Benchmark, PEERS};
use crate::placement::Placement;
use crate::results::Results;

const WIDTH: u32 = 760;
const PANEL: u32 = 200;

/// Draws the first figure of a benchmark, with a panel of bars for each placement.
pub fn draw(results: &Results, benchmark: &Benchmark, directory: &Path) -> Result<()> {
    let is_measured =
        |placement: &Placement| results.of(benchmark.name, *placement).next().is_some();
    let placements: Vec<Placement> = Placement::ALL.into_iter().filter(is_measured).collect();
    if placements.is_empty() {
        return Ok(());
    }
    let path = directory.join(format!("{}.svg", benchmark.name));
    let height = PANEL * placements.len() as u32;
    let area = SVGBackend::new(&path, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let panels = area.split_evenly((placements.len(), 1));
    for (panel, placement) in panels.iter().zip(placements) {
        draw_panel(results, benchmark, placement, panel)?;
    }
    area.present()?;
    Ok(())
}

fn draw_panel(
    results: &Results,
    benchmark: &Benchmark,
    placement: Placement,
    area: &DrawingArea<SVGBackend<'_>, Shift>,
) -> Result<()> {
    let figure = &benchmark.figures[0];
    let bars: Vec<(&str, f64)> = results
        .of(benchmark.name, placement)
        .filter_map(|cell| Some((cell.peer, cell.median(figure)?)))
        .collect();
    let greatest = bars.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let count = bars.len();
    let mut chart = ChartBuilder::on(area)
        .caption(
            format!("{}, {}: {}", benchmark.name, placement.name(), figure.name),
            ("sans-serif", 15),
        )
        .margin(8)
        .x_label_area_size(24)
        .y_label_area_size(110)
        .build_cartesian_2d(
            0.0..(greatest * 1.05).max(1e-9),
            (0..count).into_segmented(),
        )?;
    let name = |segment: &SegmentValue<usize>| match segment {
        // The first peer is at the top.
        SegmentValue::CenterOf(index) if *index < count => bars[count - 1 - index].0.to_string(),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(count)
        .y_label_formatter(&name)
        .x_label_formatter(&|value| short(*value))
        .draw()?;
    let rectangles = bars.iter().enumerate().map(|(index, (peer, value))| {
        let row = count - 1 - index;
        let corners = [
            (0.0, SegmentValue::Exact(row)),
            (*value, SegmentValue::Exact(row + 1)),
        ];
        let mut bar = Rectangle::new(corners, colour(peer).filled());
        bar.set_margin(3, 3, 0, 0);
        bar
    });
    chart.draw_series(rectangles)?;
    Ok(())
}

/// Returns the colour of a peer, which is the same in every plot.
fn colour(peer: &str) -> PaletteColor<Palette99> {
    let position = PEERS.iter().position(|other| other.name == peer);
    Palette99::pick(position.unwrap_or(PEERS.len()))
}

/// Formats a value for the axis.
fn short(value: f64) -> String {
    match value {
        1e6.. => format!("{} M", value / 1e6),
        1e3.. => format!("{} k", value / 1e3),
        _ => format!("{value}"),
    }
}
