//! Samples, and the medians of several.

/// The result of one measurement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Requests, transactions or rows a second. For a figure in another unit, its value.
    pub rate: f64,
    /// The median latency, in milliseconds.
    pub p50: Option<f64>,
    /// The 99th percentile of the latencies, in milliseconds.
    pub p99: Option<f64>,
    /// How many requests were refused with 503, where the measurement allows it.
    pub refused: u64,
}

/// The samples of one measurement, in the order of the rounds.
#[derive(Clone, Debug, Default)]
pub struct Samples(pub Vec<Sample>);

impl Samples {
    /// The median of the rates.
    pub fn rate(&self) -> f64 {
        median(self.0.iter().map(|it| it.rate))
    }

    /// The median of the median latencies, in milliseconds.
    pub fn p50(&self) -> Option<f64> {
        self.0.iter().map(|it| it.p50).collect::<Option<Vec<_>>>().map(median)
    }

    /// The median of the 99th percentiles, in milliseconds.
    pub fn p99(&self) -> Option<f64> {
        self.0.iter().map(|it| it.p99).collect::<Option<Vec<_>>>().map(median)
    }

    /// How many requests were refused in all rounds.
    pub fn refused(&self) -> u64 {
        self.0.iter().map(|it| it.refused).sum()
    }
}

/// The median; of an even number of values, the lower of the two in the middle.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// The value below which a share of sorted values is.
pub fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    sorted.get((sorted.len() as f64 * share) as usize).copied()
}
