//! Rounds: all measurements that are compared take turns, several times.

use crate::{
    error::Result,
    measure::samples::{Sample, Samples},
    output::print,
};

/// A round, as each measurement sees it.
#[derive(Clone, Copy)]
pub struct Round {
    /// Counts from 0, the warm-up, whose samples are dropped.
    pub number: usize,
    /// How long the measurement takes.
    pub seconds: u64,
}

/// The longest warm-up, in seconds.
const WARM_UP_SECONDS: u64 = 2;

/// A measurement that takes a sample in each round.
pub struct Measurement<'a> {
    name: String,
    sample: Box<dyn FnMut(Round) -> Result<Sample> + 'a>,
}

impl<'a> Measurement<'a> {
    /// A measurement with the name that the progress shows.
    pub fn new(name: impl Into<String>, sample: impl FnMut(Round) -> Result<Sample> + 'a) -> Self {
        Self { name: name.into(), sample: Box::new(sample) }
    }
}

/// Runs a warm-up and then `rounds` rounds of all measurements, and returns the samples of each.
pub fn run_rounds(
    rounds: usize,
    seconds: u64,
    mut measurements: Vec<Measurement<'_>>,
) -> Result<Vec<Samples>> {
    let mut samples = vec![Samples::default(); measurements.len()];
    for number in 0..=rounds {
        for (measurement, samples) in measurements.iter_mut().zip(&mut samples) {
            let warm_up = number == 0;
            let seconds = if warm_up { seconds.min(WARM_UP_SECONDS) } else { seconds };
            let name = &measurement.name;
            let sample = (measurement.sample)(Round { number, seconds })
                .map_err(|error| format!("{name}: {error}"))?;
            let round =
                if warm_up { "warm-up".to_owned() } else { format!("{number} of {rounds}") };
            print(&format!("  {name:<64} {round:<8} {:>12.1}/s\n", sample.rate))?;
            if !warm_up {
                samples.0.push(sample);
            }
        }
    }
    Ok(samples)
}
