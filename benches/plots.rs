//! The plots of a run: a row for each figure, from left to right what was measured.

use std::path::Path;

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use crate::{
    Result,
    report::number,
    results::{Figure, Results, short},
};

const WIDTH: i32 = 1_000;
const LEFT: i32 = 430;
const RIGHT: i32 = 90;
const TOP: i32 = 92;
const ROW: i32 = 22;
const SQLITE: RGBColor = RGBColor(31, 119, 180);
const POSTGRES: RGBColor = RGBColor(230, 126, 34);
const GRID: RGBColor = RGBColor(222, 222, 222);
const INK: RGBColor = RGBColor(40, 40, 40);

type Area = DrawingArea<SVGBackend<'static>, Shift>;

/// What a row shows.
enum Shape {
    /// A bar from nothing to the value, and a mark at the aim.
    Bar(f64, Option<f64>),
    /// A line from one value to the other, and a dot on each.
    Span(f64, f64),
}

struct Row {
    label: String,
    colour: RGBColor,
    shape: Shape,
    said: String,
}

/// Draws all plots into a folder.
pub fn draw(results: &Results, folder: &Path) -> Result<()> {
    let services = || results.figures.iter().filter(|it| colour(it).is_some());
    let label = |figure: &Figure| {
        let size = figure.entries.map_or(String::new(), |it| format!(", {}", short(it)));
        format!("{}: {}{size}", figure.measure, figure.what)
    };
    let row = |figure: &Figure, shape, said| {
        Some(Row { label: label(figure), colour: colour(figure)?, shape, said })
    };

    let ratios = services().filter_map(|figure| {
        let (ratio, limit) = (figure.ratio()?, &figure.limit.as_ref()?.0);
        let aim = results.aim_of(figure);
        row(figure, Shape::Bar(ratio, aim), format!("{ratio:.2} of {limit}"))
    });
    let title = "Share of what is possible at best";
    let axis = "1 = as fast as the limit; the mark is the aim";
    chart(folder, "ratios", title, axis, ratios.collect())?;

    let pages = services().filter(|it| matches!(it.measure.as_str(), "R" | "R10" | "R-deep"));
    let pages = pages.filter_map(|it| row(it, Shape::Bar(it.value, None), number(it.value)));
    let (title, axis) = ("Pages of one log, by the number of entries", "requests a second");
    chart(folder, "pages", title, axis, pages.collect())?;

    let spans = services().filter_map(|figure| {
        let (p50, p99) = (figure.p50?, figure.p99?);
        row(figure, Shape::Span(p50, p99), format!("{p50:.1} to {p99:.1}"))
    });
    let axis =
        "milliseconds, from the median to the 99th percentile; each line is ten times the last";
    chart(folder, "latency", "Latency under full load", axis, spans.collect())
}

/// The colour of a service's figure; the limits have none.
fn colour(figure: &Figure) -> Option<RGBColor> {
    match figure.on.as_str() {
        "SQLite" => Some(SQLITE),
        "PostgreSQL" => Some(POSTGRES),
        _ => None,
    }
}

fn chart(folder: &Path, name: &str, title: &str, axis: &str, rows: Vec<Row>) -> Result<()> {
    let file = folder.join(format!("{name}.svg"));
    let height = TOP + ROW * i32::try_from(rows.len().max(1))? + 36;
    let size = (WIDTH as u32, u32::try_from(height)?);
    let area = SVGBackend::new(Box::leak(file.into_boxed_path()), size).into_drawing_area();
    area.fill(&WHITE)?;
    write(&area, title, (16, 26), 20.0, HPos::Left)?;
    write(&area, axis, (16, 50), 13.0, HPos::Left)?;
    for (at, (name, colour)) in [("SQLite", SQLITE), ("PostgreSQL", POSTGRES)].iter().enumerate() {
        let x = WIDTH - 230 + 90 * i32::try_from(at)?;
        area.draw(&Rectangle::new([(x, 20), (x + 12, 32)], colour.filled()))?;
        write(&area, name, (x + 18, 26), 13.0, HPos::Left)?;
    }
    let scale = Scale::of(&rows);
    let bottom = TOP + ROW * i32::try_from(rows.len())?;
    for tick in scale.ticks() {
        let x = scale.x(tick);
        area.draw(&PathElement::new([(x, TOP - 6), (x, bottom)], GRID))?;
        write(&area, &plain(tick), (x, TOP - 14), 12.0, HPos::Center)?;
    }
    for (at, row) in rows.iter().enumerate() {
        let middle = TOP + ROW * i32::try_from(at)? + ROW / 2;
        write(&area, &row.label, (LEFT - 8, middle), 12.0, HPos::Right)?;
        let end = match row.shape {
            Shape::Bar(value, aim) => {
                let corners = [(LEFT, middle - 7), (scale.x(value), middle + 7)];
                area.draw(&Rectangle::new(corners, row.colour.filled()))?;
                if let Some(aim) = aim.map(|it| scale.x(it)) {
                    let mark = [(aim - 1, middle - 10), (aim + 1, middle + 10)];
                    area.draw(&Rectangle::new(mark, INK.filled()))?;
                }
                scale.x(value).max(aim.map_or(0, |it| scale.x(it)))
            }
            Shape::Span(from, to) => {
                let (from, to) = (scale.x(from), scale.x(to));
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
        write(&area, &row.said, (end + 8, middle), 12.0, HPos::Left)?;
    }
    area.present()?;
    Ok(())
}

fn write(area: &Area, text: &str, at: (i32, i32), size: f64, side: HPos) -> Result<()> {
    let style = ("sans-serif", size).into_font().color(&INK).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(text.to_owned(), at, style))?;
    Ok(())
}

/// Where a value lies: in even steps, or for spans in powers of ten.
struct Scale {
    from: f64,
    to: f64,
    powers: bool,
}

impl Scale {
    fn of(rows: &[Row]) -> Self {
        let (mut from, mut to, mut powers) = (f64::INFINITY, 0.0_f64, false);
        for row in rows {
            match row.shape {
                Shape::Bar(value, aim) => to = to.max(value).max(aim.unwrap_or(0.0)),
                Shape::Span(low, high) => {
                    (from, to, powers) = (from.min(low), to.max(high), true);
                }
            }
        }
        if powers {
            from = 10_f64.powf(from.max(1e-3).log10().floor());
            to = 10_f64.powf(to.log10().ceil()).max(from * 10.0);
        } else {
            from = 0.0;
            to = if to > 0.0 { to * 1.02 } else { 1.0 };
        }
        Self { from, to, powers }
    }

    fn x(&self, value: f64) -> i32 {
        let share = if self.powers {
            (value.max(self.from) / self.from).log10() / (self.to / self.from).log10()
        } else {
            value / self.to
        };
        // What is said of a row has its place behind it.
        let width = f64::from(WIDTH - LEFT - RIGHT - 20);
        LEFT + (share * width).round() as i32
    }

    fn ticks(&self) -> Vec<f64> {
        if self.powers {
            let count = (self.to / self.from).log10().round() as i32;
            return (0..=count).map(|power| self.from * 10_f64.powi(power)).collect();
        }
        // Steps of 1, 2 or 5, and a power of ten: five to ten of them.
        let power = 10_f64.powf((self.to / 5.0).log10().floor());
        let step = [5.0, 2.0, 1.0].map(|it| it * power).into_iter().find(|it| self.to / it >= 4.0);
        let step = step.unwrap_or(power);
        (0..=(self.to / step) as i32).map(|at| f64::from(at) * step).collect()
    }
}

/// A round number, as short as it is.
fn plain(value: f64) -> String {
    if value >= 1_000.0 { number(value) } else { format!("{}", (value * 1e6).round() / 1e6) }
}
