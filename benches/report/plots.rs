//! The plots of a run, as SVG: a row for each figure.

use std::path::Path;

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use crate::{
    error::Result,
    report::{
        axis::{Axis, LEFT, WIDTH},
        figures::{Figure, Results},
        numbers::{format_number, format_round, short_count},
    },
};

const TOP: i32 = 92;
const ROW: i32 = 22;
const SQLITE: RGBColor = RGBColor(31, 119, 180);
const POSTGRES: RGBColor = RGBColor(230, 126, 34);
const GRID: RGBColor = RGBColor(222, 222, 222);
const INK: RGBColor = RGBColor(40, 40, 40);

type Area = DrawingArea<SVGBackend<'static>, Shift>;

/// What a row shows.
enum Shape {
    /// A bar from zero to the value, and a mark at the aim.
    Bar(f64, Option<f64>),
    /// A line between two values, and a dot on each.
    Span(f64, f64),
}

struct Row {
    label: String,
    colour: RGBColor,
    shape: Shape,
    caption: String,
}

/// Draws all plots into a folder.
pub fn draw(results: &Results, folder: &Path) -> Result<()> {
    let services = || results.figures.iter().filter(|it| colour(it).is_some());
    let label = |figure: &Figure| {
        let size = figure.entries.map_or(String::new(), |it| format!(", {}", short_count(it)));
        format!("{}: {}{size}", figure.measure, figure.what)
    };
    let row = |figure: &Figure, shape, caption| {
        Some(Row { label: label(figure), colour: colour(figure)?, shape, caption })
    };

    let ratios = services().filter_map(|figure| {
        let (ratio, limit) = (figure.ratio()?, &figure.limit.as_ref()?.0);
        let aim = results.aim_of_ratio(figure);
        row(figure, Shape::Bar(ratio, aim), format!("{ratio:.2} of {limit}"))
    });
    let title = "Ratio to the limit";
    let axis = "1 = as fast as the limit; the mark is the aim";
    draw_chart(folder, "ratios", title, axis, ratios.collect())?;

    let pages = services().filter(|it| matches!(it.measure.as_str(), "R" | "R10" | "R-deep"));
    let pages = pages.filter_map(|it| row(it, Shape::Bar(it.value, None), format_number(it.value)));
    let (title, axis) = ("Pages of one log, by the number of entries", "requests a second");
    draw_chart(folder, "pages", title, axis, pages.collect())?;

    let spans = services().filter_map(|figure| {
        let (p50, p99) = (figure.p50?, figure.p99?);
        row(figure, Shape::Span(p50, p99), format!("{p50:.1} to {p99:.1}"))
    });
    let axis = "milliseconds, from the median to the 99th percentile, on a logarithmic axis";
    draw_chart(folder, "latency", "Latency under full load", axis, spans.collect())
}

/// The colour of a figure of the service; the limits are not in the plots.
fn colour(figure: &Figure) -> Option<RGBColor> {
    match figure.on.as_str() {
        "SQLite" => Some(SQLITE),
        "PostgreSQL" => Some(POSTGRES),
        _ => None,
    }
}

fn draw_chart(folder: &Path, name: &str, title: &str, unit: &str, rows: Vec<Row>) -> Result<()> {
    let file = folder.join(format!("{name}.svg"));
    let height = TOP + ROW * i32::try_from(rows.len().max(1))? + 36;
    let size = (WIDTH as u32, u32::try_from(height)?);
    let area = SVGBackend::new(Box::leak(file.into_boxed_path()), size).into_drawing_area();
    area.fill(&WHITE)?;
    draw_text(&area, title, (16, 26), 20.0, HPos::Left)?;
    draw_text(&area, unit, (16, 50), 13.0, HPos::Left)?;
    for (at, (name, colour)) in [("SQLite", SQLITE), ("PostgreSQL", POSTGRES)].iter().enumerate() {
        let x = WIDTH - 230 + 90 * i32::try_from(at)?;
        area.draw(&Rectangle::new([(x, 20), (x + 12, 32)], colour.filled()))?;
        draw_text(&area, name, (x + 18, 26), 13.0, HPos::Left)?;
    }
    let axis = fit_axis(&rows);
    let bottom = TOP + ROW * i32::try_from(rows.len())?;
    for tick in axis.ticks() {
        let x = axis.x(tick);
        area.draw(&PathElement::new([(x, TOP - 6), (x, bottom)], GRID))?;
        draw_text(&area, &format_round(tick), (x, TOP - 14), 12.0, HPos::Center)?;
    }
    for (at, row) in rows.iter().enumerate() {
        let middle = TOP + ROW * i32::try_from(at)? + ROW / 2;
        draw_text(&area, &row.label, (LEFT - 8, middle), 12.0, HPos::Right)?;
        let end = match row.shape {
            Shape::Bar(value, aim) => {
                let corners = [(LEFT, middle - 7), (axis.x(value), middle + 7)];
                area.draw(&Rectangle::new(corners, row.colour.filled()))?;
                if let Some(aim) = aim.map(|it| axis.x(it)) {
                    let mark = [(aim - 1, middle - 10), (aim + 1, middle + 10)];
                    area.draw(&Rectangle::new(mark, INK.filled()))?;
                }
                axis.x(value).max(aim.map_or(0, |it| axis.x(it)))
            }
            Shape::Span(from, to) => {
                let (from, to) = (axis.x(from), axis.x(to));
                area.draw(&Rectangle::new(
                    [(from, middle - 1), (to, middle + 1)],
                    row.colour.filled(),
                ))?;
                for x in [from, to] {
                    area.draw(&Circle::new((x, middle), 4, row.colour.filled()))?;
                }
                to
            }
        };
        draw_text(&area, &row.caption, (end + 8, middle), 12.0, HPos::Left)?;
    }
    area.present()?;
    Ok(())
}

fn draw_text(area: &Area, text: &str, at: (i32, i32), size: f64, side: HPos) -> Result<()> {
    let style = ("sans-serif", size).into_font().color(&INK).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(text.to_owned(), at, style))?;
    Ok(())
}

/// The axis on which the shapes of all rows fit.
fn fit_axis(rows: &[Row]) -> Axis {
    let (mut least, mut most, mut logarithmic) = (f64::INFINITY, 0.0_f64, false);
    for row in rows {
        match row.shape {
            Shape::Bar(value, aim) => most = most.max(value).max(aim.unwrap_or(0.0)),
            Shape::Span(low, high) => {
                (least, most, logarithmic) = (least.min(low), most.max(high), true);
            }
        }
    }
    if logarithmic { Axis::logarithmic(least, most) } else { Axis::linear(most) }
}
