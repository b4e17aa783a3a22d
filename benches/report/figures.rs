//! The figures of a run, each with its limit, and the aims.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::{error::Result, measure::samples::Samples, report::numbers::short_count};

/// Everything that a run measured.
#[derive(Default, Serialize, Deserialize)]
pub struct Results {
    /// When, on which machine and how: the lines above the table.
    #[serde(alias = "about")]
    pub heading: Vec<String>,
    /// In the order of the measurements.
    pub figures: Vec<Figure>,
    /// In the same order.
    pub aims: Vec<Aim>,
}

/// One measurement: the medians of its rounds.
#[derive(Clone, Serialize, Deserialize)]
pub struct Figure {
    /// The part, as `benches/README.md` names it: `R`, `W`, …
    pub measure: String,
    /// What the part does.
    pub what: String,
    /// `SQLite`, `PostgreSQL`, or the name of the limit.
    pub on: String,
    /// How many entries the database had at the start; none where that does not matter.
    pub entries: Option<u64>,
    /// The unit of the value: `requests/s`, `rows/s`, `ms`, `MB`.
    pub unit: String,
    /// The median of the rounds.
    pub value: f64,
    /// The value of each round.
    pub rounds: Vec<f64>,
    /// The median latency, in milliseconds.
    pub p50: Option<f64>,
    /// The 99th percentile of the latencies, in milliseconds.
    pub p99: Option<f64>,
    /// How many requests were refused with 503, in all rounds.
    pub refused: u64,
    /// The name of the limit, and its value in the same rounds.
    pub limit: Option<(String, f64)>,
}

impl Figure {
    /// A figure from its samples.
    pub fn new(measure: &str, what: &str, on: &str, unit: &str, samples: &Samples) -> Self {
        Self {
            measure: measure.to_owned(),
            what: what.to_owned(),
            on: on.to_owned(),
            entries: None,
            unit: unit.to_owned(),
            value: samples.rate(),
            rounds: samples.0.iter().map(|it| it.rate).collect(),
            p50: samples.p50(),
            p99: samples.p99(),
            refused: samples.refused(),
            limit: None,
        }
    }

    /// Sets how many entries the database had.
    pub fn entries(mut self, entries: u64) -> Self {
        self.entries = Some(entries);
        self
    }

    /// Sets the limit.
    pub fn limit(mut self, name: &str, samples: &Samples) -> Self {
        self.limit = Some((name.to_owned(), samples.rate()));
        self
    }

    /// The name of the ratio to the limit: `R / H, SQLite, 1 M`.
    fn ratio_name(&self) -> String {
        let size = self.entries.map_or(String::new(), |it| format!(", {}", short_count(it)));
        let limit = self.limit.as_ref().map_or("nothing", |it| &it.0);
        format!("{} / {limit}, {}{size}", self.measure, self.on)
    }

    /// The ratio of the value to the limit.
    pub fn ratio(&self) -> Option<f64> {
        self.limit.as_ref().map(|(_, limit)| self.value / limit)
    }
}

/// A bound for a measured value.
#[derive(Clone, Serialize, Deserialize)]
pub struct Aim {
    /// The name of the value.
    pub what: String,
    /// The measured value.
    pub value: f64,
    /// The bound.
    pub aim: f64,
    /// Whether the bound is an upper one.
    pub at_most: bool,
    /// The unit of both; empty for a ratio.
    pub unit: String,
    /// Whether the value is the ratio to a limit.
    #[serde(alias = "of_limit")]
    pub is_ratio: bool,
}

impl Aim {
    /// Whether the value is within the bound.
    pub fn reached(&self) -> bool {
        if self.at_most { self.value <= self.aim } else { self.value >= self.aim }
    }
}

impl Results {
    /// Adds a figure whose ratio to its limit has an aim.
    pub fn add_with_aim(&mut self, figure: Figure, aim: f64) {
        if let Some(value) = figure.ratio() {
            let (what, unit) = (figure.ratio_name(), String::new());
            self.aims.push(Aim { what, value, aim, at_most: false, unit, is_ratio: true });
        }
        self.figures.push(figure);
    }

    /// The least ratio to the limit that a figure should have, if there is an aim.
    pub fn aim_of_ratio(&self, figure: &Figure) -> Option<f64> {
        let what = figure.ratio_name();
        self.aims.iter().find(|aim| aim.what == what).map(|aim| aim.aim)
    }

    /// Adds an aim that is not a ratio to a limit.
    pub fn add_aim(&mut self, what: String, value: f64, at_most: bool, aim: f64, unit: &str) {
        let unit = unit.to_owned();
        self.aims.push(Aim { what, value, aim, at_most, unit, is_ratio: false });
    }

    /// The value of a figure, where it was measured.
    pub fn value(&self, measure: &str, on: &str, entries: u64) -> Option<f64> {
        let same =
            |it: &&Figure| it.measure == measure && it.on == on && it.entries == Some(entries);
        self.figures.iter().find(same).map(|it| it.value)
    }

    /// Reads what [`Results::write`] wrote.
    pub fn read(folder: &Path) -> Result<Self> {
        Ok(serde_json::from_slice(&fs::read(folder.join("results.json"))?)?)
    }

    /// Writes all figures and aims as JSON.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        let text = serde_json::to_string_pretty(self)?;
        Ok(fs::write(folder.join("results.json"), text + "\n")?)
    }
}
