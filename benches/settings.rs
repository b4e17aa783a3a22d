//! What a run of `make bench` is told by its environment.

use std::{env, path::PathBuf};

use crate::Result;

/// How much is measured, on what, and for how long.
pub struct Settings {
    /// How many entries the databases have, one pair of databases for each number.
    pub sizes: Vec<u64>,
    /// How many rounds count; one more before them fills the caches.
    pub rounds: usize,
    /// How long one measurement takes.
    pub seconds: u64,
    /// The databases outlive the run, and the next one takes those that are there.
    pub keep: bool,
    /// The parts that are measured; all if none is named.
    pub only: Vec<String>,
    /// Where everything lies that is written, but for the results.
    pub folder: PathBuf,
    /// Where the results go.
    pub results: PathBuf,
}

/// The parts of a run, in their order.
pub const PARTS: &[&str] = &["START", "R", "F", "G", "L", "X", "W", "C", "B", "S"];

impl Settings {
    /// Reads `BENCH_…`.
    pub fn from_env() -> Result<Self> {
        let list = |name: &str, default: &str| -> Vec<String> {
            let text = env::var(name).unwrap_or_else(|_| default.to_owned());
            let words = text.split([',', ' ']).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        };
        let number = |name: &str, default: u64| -> Result<u64> {
            match env::var(name) {
                Ok(text) => text.parse().map_err(|_| format!("{name}={text} is no number").into()),
                Err(_) => Ok(default),
            }
        };
        let sizes = list("BENCH_SIZES", "1000000,10000000");
        let sizes: Vec<u64> =
            sizes.iter().map(|it| it.parse()).collect::<std::result::Result<_, _>>()?;
        if sizes.is_empty() || !sizes.is_sorted() {
            return Err("BENCH_SIZES has the smallest size first".into());
        }
        let only = list("BENCH_ONLY", "");
        if let Some(part) = only.iter().find(|part| !PARTS.contains(&part.as_str())) {
            return Err(format!("BENCH_ONLY={part}: the parts are {}", PARTS.join(", ")).into());
        }
        let folder = env::current_dir()?.join("target/bench");
        // Only a whole run says what is committed.
        let whole = ["SIZES", "ONLY", "ROUNDS", "SECONDS"]
            .iter()
            .all(|name| env::var_os(format!("BENCH_{name}")).is_none());
        let results = if whole { "benches/results".into() } else { folder.join("results") };
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

    /// Whether a part is measured.
    pub fn has(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|it| it == part)
    }

    /// The smallest size and the largest.
    pub fn ends(&self) -> (u64, u64) {
        let (first, last) = (self.sizes.first(), self.sizes.last());
        (first.copied().unwrap_or_default(), last.copied().unwrap_or_default())
    }
}
