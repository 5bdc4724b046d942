//! Plots of the results as SVG.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Result;
use crate::catalogue::{Benchmark, PEERS};
use crate::placement::Placement;
use crate::results::Results;

const WIDTH: u32 = 760;

/// The height of a panel without its bars: the caption, the axis and the margins.
const FRAME: u32 = 62;

/// The height of a bar with its margins.
const BAR: u32 = 17;

/// The bars of one figure.
#[derive(Clone, Debug)]
pub struct Panel {
    pub caption: String,
    pub bars: Vec<Bar>,
}

/// The value of a peer.
#[derive(Clone, Debug)]
pub struct Bar {
    /// The peer, which has the same colour in every plot.
    pub peer: &'static str,
    pub label: String,
    pub value: f64,
}

/// Returns a panel of the first figure of a benchmark for each placement.
pub fn panels(results: &Results, benchmark: &Benchmark) -> Vec<Panel> {
    let figure = &benchmark.figures[0];
    let panels = Placement::ALL.into_iter().map(|placement| {
        let cells = results.of(benchmark.name, placement);
        let bars = cells.filter_map(|cell| {
            Some(Bar {
                peer: cell.peer,
                label: cell.peer.into(),
                value: cell.median(figure)?,
            })
        });
        let (name, placement) = (benchmark.name, placement.name());
        Panel {
            caption: format!("{name}, {placement}: {}", figure.name),
            bars: bars.collect(),
        }
    });
    panels.collect()
}

/// Draws panels below each other. Those without bars are left out.
pub fn draw(path: &Path, panels: &[Panel]) -> Result<()> {
    let panels: Vec<_> = panels.iter().filter(|it| !it.bars.is_empty()).collect();
    let heights = panels.iter().map(|panel| panel.height());
    let height: u32 = heights.sum();
    if height == 0 {
        return Ok(());
    }
    let mut rest = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    rest.fill(&WHITE)?;
    for panel in panels {
        let (area, below) = rest.split_vertically(panel.height());
        panel.draw(&area)?;
        rest = below;
    }
    rest.present()?;
    Ok(())
}

impl Panel {
    fn height(&self) -> u32 {
        FRAME + BAR * self.bars.len() as u32
    }

    fn draw(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<()> {
        let count = self.bars.len();
        let greatest = self.bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
        let mut chart = ChartBuilder::on(area)
            .caption(&self.caption, ("sans-serif", 15))
            .margin(8)
            .x_label_area_size(24)
            .y_label_area_size(130)
            .build_cartesian_2d(
                0.0..(greatest * 1.05).max(1e-9),
                (0..count).into_segmented(),
            )?;
        let name = |segment: &SegmentValue<usize>| match segment {
            // The first bar is at the top.
            SegmentValue::CenterOf(index) if *index < count => {
                self.bars[count - 1 - index].label.clone()
            }
            _ => String::new(),
        };
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(count)
            .y_label_formatter(&name)
            .x_label_formatter(&|value| short(*value))
            .draw()?;
        let rectangles = self.bars.iter().enumerate().map(|(index, bar)| {
            let row = count - 1 - index;
            let corners = [
                (0.0, SegmentValue::Exact(row)),
                (bar.value, SegmentValue::Exact(row + 1)),
            ];
            let mut rectangle = Rectangle::new(corners, colour(bar.peer).filled());
            rectangle.set_margin(3, 3, 0, 0);
            rectangle
        });
        chart.draw_series(rectangles)?;
        Ok(())
    }
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
