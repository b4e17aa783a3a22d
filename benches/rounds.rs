//! Rounds: everything that is compared is measured in turn, several times.

use crate::{Result, load::Sample, print};

/// One turn of one round.
#[derive(Clone, Copy)]
pub struct Turn {
    /// The number of the round; 0 fills the caches and does not count.
    pub round: usize,
    /// How long it may take.
    pub seconds: u64,
}

/// Something that is measured in each round.
pub struct Runner<'a> {
    /// What it is called while it runs.
    pub name: String,
    run: Box<dyn FnMut(Turn) -> Result<Sample> + 'a>,
}

impl<'a> Runner<'a> {
    /// What is measured by a function.
    pub fn new(name: impl Into<String>, run: impl FnMut(Turn) -> Result<Sample> + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }
}

/// What the rounds of one runner came to.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// In the order of the rounds.
    pub samples: Vec<Sample>,
}

impl Series {
    /// The median of the rates.
    pub fn rate(&self) -> f64 {
        median(self.samples.iter().map(|it| it.rate))
    }

    /// The median of the median latencies, in milliseconds.
    pub fn p50(&self) -> Option<f64> {
        self.samples.iter().map(|it| it.p50).collect::<Option<Vec<_>>>().map(median)
    }

    /// The median of the 99th percentiles, in milliseconds.
    pub fn p99(&self) -> Option<f64> {
        self.samples.iter().map(|it| it.p99).collect::<Option<Vec<_>>>().map(median)
    }

    /// How many were refused, in all rounds.
    pub fn refused(&self) -> u64 {
        self.samples.iter().map(|it| it.refused).sum()
    }
}

/// Lets runners run in turn, round after round; what came of each, in their order.
pub fn in_turn(rounds: usize, seconds: u64, mut runners: Vec<Runner<'_>>) -> Result<Vec<Series>> {
    let mut series = vec![Series::default(); runners.len()];
    for round in 0..=rounds {
        for (runner, series) in runners.iter_mut().zip(&mut series) {
            let turn = Turn { round, seconds: if round == 0 { seconds.min(2) } else { seconds } };
            let sample = (runner.run)(turn).map_err(|error| format!("{}: {error}", runner.name))?;
            let of = if round == 0 { "warm-up".to_owned() } else { format!("{round} of {rounds}") };
            print(&format!("  {:<64} {of:<8} {:>12.1}/s\n", runner.name, sample.rate))?;
            if round > 0 {
                series.samples.push(sample);
            }
        }
    }
    Ok(series)
}

/// The value in the middle; of an even number, the lower of the two that are.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}
