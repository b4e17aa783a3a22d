//! What a run came to: figures, each beside its limit, and whether the aims are reached.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::{Result, load::Sample, rounds::Series, service::Service, suite::Place};

/// How much memory of its own a service may have under full load, in MB: the issue asks for a bound
/// and names none.
const FULL_LOAD: f64 = 256.0;

/// All that a run measured.
#[derive(Default, Serialize, Deserialize)]
pub struct Results {
    /// When, on what and how: lines for the head of the table.
    pub about: Vec<String>,
    /// In the order in which they were measured.
    pub figures: Vec<Figure>,
    /// The aims, in the same order.
    pub aims: Vec<Aim>,
}

/// One measurement, medians of its rounds.
#[derive(Clone, Serialize, Deserialize)]
pub struct Figure {
    /// The letter of the issue: `R`, `W`, …
    pub measure: String,
    /// What was done.
    pub what: String,
    /// Where: `SQLite`, `PostgreSQL`, or the limit's own name.
    pub on: String,
    /// How many entries the database had at the beginning; none where that does not matter.
    pub entries: Option<u64>,
    /// What the value is: `requests/s`, `rows/s`, `ms`, `MB`.
    pub unit: String,
    /// The median of the rounds.
    pub value: f64,
    /// Each round.
    pub rounds: Vec<f64>,
    /// In milliseconds.
    pub p50: Option<f64>,
    /// In milliseconds.
    pub p99: Option<f64>,
    /// How many requests were refused with 503, in all rounds.
    pub refused: u64,
    /// The name of what could be reached at best, and its value in the same rounds.
    pub limit: Option<(String, f64)>,
}

impl Figure {
    /// Of the rounds of a runner.
    pub fn of(measure: &str, what: &str, on: &str, unit: &str, series: &Series) -> Self {
        Self {
            measure: measure.to_owned(),
            what: what.to_owned(),
            on: on.to_owned(),
            entries: None,
            unit: unit.to_owned(),
            value: series.rate(),
            rounds: series.samples.iter().map(|it| it.rate).collect(),
            p50: series.p50(),
            p99: series.p99(),
            refused: series.refused(),
            limit: None,
        }
    }

    /// On a database of so many entries.
    pub fn entries(mut self, entries: u64) -> Self {
        self.entries = Some(entries);
        self
    }

    /// Beside its limit.
    pub fn limit(mut self, name: &str, series: &Series) -> Self {
        self.limit = Some((name.to_owned(), series.rate()));
        self
    }

    /// What the share of its limit is called: `R / H, SQLite, 1 M`.
    fn beside_limit(&self) -> String {
        let size = self.entries.map_or(String::new(), |it| format!(", {}", short(it)));
        let limit = self.limit.as_ref().map_or("nothing", |it| &it.0);
        format!("{} / {limit}, {}{size}", self.measure, self.on)
    }

    /// The value as a share of its limit.
    pub fn ratio(&self) -> Option<f64> {
        self.limit.as_ref().map(|(_, limit)| self.value / limit)
    }
}

/// Something to be reached.
#[derive(Clone, Serialize, Deserialize)]
pub struct Aim {
    /// What of what.
    pub what: String,
    /// What was measured.
    pub value: f64,
    /// What is to be reached.
    pub aim: f64,
    /// Whether the aim is the most that it may be, not the least.
    pub at_most: bool,
    /// Of both; empty for a ratio.
    pub unit: String,
    /// Whether it is a share of a limit.
    pub of_limit: bool,
}

impl Aim {
    /// Whether it is.
    pub fn reached(&self) -> bool {
        if self.at_most { self.value <= self.aim } else { self.value >= self.aim }
    }
}

impl Results {
    /// Adds a figure whose ratio to its limit has an aim.
    pub fn add_with_aim(&mut self, figure: Figure, aim: f64) {
        if let Some(value) = figure.ratio() {
            let (what, unit) = (figure.beside_limit(), String::new());
            self.aims.push(Aim { what, value, aim, at_most: false, unit, of_limit: true });
        }
        self.figures.push(figure);
    }

    /// The share of its limit that a figure is to reach, if one is set.
    pub fn aim_of(&self, figure: &Figure) -> Option<f64> {
        let what = figure.beside_limit();
        self.aims.iter().find(|aim| aim.what == what).map(|aim| aim.aim)
    }

    /// Adds an aim that is no share of a limit.
    pub fn aim(&mut self, what: String, value: f64, at_most: bool, aim: f64, unit: &str) {
        let unit = unit.to_owned();
        self.aims.push(Aim { what, value, aim, at_most, unit, of_limit: false });
    }

    /// Adds how much memory services had at most under a load, and what of it is no mapped file,
    /// which is bounded.
    pub fn memories(&mut self, load: &str, places: &[Place], services: &[Service]) -> Result<()> {
        for (place, service) in places.iter().zip(services) {
            let most = service.memory("VmHWM:")?;
            self.memory(&format!("resident at most, under {load}"), place, most);
            let own = service.memory("RssAnon:")?;
            self.memory(&format!("no mapped file, after {load}"), place, own);
            let what = format!("memory that is no mapped file, after {load}, {}", place.name());
            self.aim(what, own / 1e6, true, FULL_LOAD, "MB");
        }
        Ok(())
    }

    /// Adds how much memory (bytes) a service had; the figure is in MB.
    pub fn memory(&mut self, what: &str, place: &Place, bytes: f64) {
        let sample = Sample { rate: bytes / 1e6, ..Sample::default() };
        let series = Series { samples: vec![sample] };
        let figure = Figure::of("memory", what, place.engine.name(), "MB", &series);
        self.figures.push(figure.entries(place.entries));
    }

    /// The figure of a measure, where there is one.
    pub fn value(&self, measure: &str, on: &str, entries: u64) -> Option<f64> {
        let same =
            |it: &&Figure| it.measure == measure && it.on == on && it.entries == Some(entries);
        self.figures.iter().find(same).map(|it| it.value)
    }

    /// What was written by [`Results::write`].
    pub fn read(folder: &Path) -> Result<Self> {
        Ok(serde_json::from_slice(&fs::read(folder.join("results.json"))?)?)
    }

    /// Writes all of it for machines.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        let text = serde_json::to_string_pretty(self)?;
        Ok(fs::write(folder.join("results.json"), text + "\n")?)
    }
}

/// A number of entries as one says it: 1 M, 20 k.
pub fn short(entries: u64) -> String {
    match entries {
        1_000_000.. if entries.is_multiple_of(1_000_000) => format!("{} M", entries / 1_000_000),
        1_000.. if entries.is_multiple_of(1_000) => format!("{} k", entries / 1_000),
        _ => entries.to_string(),
    }
}
