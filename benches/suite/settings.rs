//! The settings of a run of `make bench`, from the environment.

use std::{env, path::PathBuf};

use crate::error::Result;

/// How much is measured, on what, and for how long.
pub struct Settings {
    /// How many entries the databases have: a pair of databases for each number, the smallest first.
    pub sizes: Vec<u64>,
    /// How many rounds there are, besides the warm-up.
    pub rounds: usize,
    /// How long a measurement takes in a round.
    pub seconds: u64,
    /// Whether the databases outlive the run, and the run uses those that exist.
    pub keep: bool,
    /// The parts to measure; all where it is empty.
    pub only: Vec<String>,
    /// The folder of all files except the results.
    pub folder: PathBuf,
    /// The folder of the results.
    pub results: PathBuf,
}

impl Settings {
    /// Reads the variables `BENCH_…`; `benches/README.md` lists them. `parts` are the names of all parts.
    pub fn from_env(parts: &[&str]) -> Result<Self> {
        let list = |name: &str, default: &str| -> Vec<String> {
            let text = env::var(name).unwrap_or_else(|_| default.to_owned());
            let words = text.split([',', ' ']).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        };
        let number = |name: &str, default: u64| -> Result<u64> {
            match env::var(name) {
                Ok(text) => {
                    text.parse().map_err(|_| format!("{name}={text} is not a number").into())
                }
                Err(_) => Ok(default),
            }
        };
        let sizes = list("BENCH_SIZES", "1000000,10000000");
        let sizes: Vec<u64> =
            sizes.iter().map(|it| it.parse()).collect::<std::result::Result<_, _>>()?;
        if sizes.is_empty() || !sizes.is_sorted() {
            return Err("BENCH_SIZES: the smallest size has to come first".into());
        }
        let only = list("BENCH_ONLY", "");
        if let Some(part) = only.iter().find(|part| !parts.contains(&part.as_str())) {
            return Err(format!("BENCH_ONLY={part}: the parts are {}", parts.join(", ")).into());
        }
        let folder = env::current_dir()?.join("target/bench");
        // Only a complete run writes the results that are committed.
        let complete = ["SIZES", "ONLY", "ROUNDS", "SECONDS"]
            .iter()
            .all(|name| env::var_os(format!("BENCH_{name}")).is_none());
        let results = if complete { "benches/results".into() } else { folder.join("results") };
        let results = env::var_os("BENCH_RESULTS").map_or(results, PathBuf::from);
        Ok(Self {
            sizes,
            rounds: usize::try_from(number("BENCH_ROUNDS", 3)?.max(1))?,
            seconds: number("BENCH_SECONDS", 3)?.max(1),
            keep: env::var_os("BENCH_KEEP").is_some_and(|value| !value.is_empty()),
            only,
            folder,
            results,
        })
    }

    /// Whether the run measures a part.
    pub fn has(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|it| it == part)
    }

    /// The smallest number of entries.
    pub fn smallest(&self) -> u64 {
        self.sizes.first().copied().unwrap_or_default()
    }

    /// The largest number of entries.
    pub fn largest(&self) -> u64 {
        self.sizes.last().copied().unwrap_or_default()
    }
}
