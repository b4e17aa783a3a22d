//! The horizontal axis of a plot.

use std::ops::RangeInclusive;

/// The width of a plot, in pixels.
pub const WIDTH: i32 = 1_000;
/// Where the axis begins.
pub const LEFT: i32 = 430;
/// The room on the right for the captions of the longest rows.
const RIGHT: i32 = 110;

/// Linear from zero, or logarithmic between two powers of ten.
pub struct Axis {
    from: f64,
    to: f64,
    logarithmic: bool,
}

impl Axis {
    /// A linear axis from zero to a value.
    pub fn linear(most: f64) -> Self {
        let to = if most > 0.0 { most * 1.02 } else { 1.0 };
        Self { from: 0.0, to, logarithmic: false }
    }

    /// A logarithmic axis that has two values on it.
    pub fn logarithmic(least: f64, most: f64) -> Self {
        let from = 10_f64.powf(least.max(1e-3).log10().floor());
        let to = 10_f64.powf(most.log10().ceil()).max(from * 10.0);
        Self { from, to, logarithmic: true }
    }

    /// The position of a value, in pixels.
    pub fn x(&self, value: f64) -> i32 {
        let share = if self.logarithmic {
            (value.max(self.from) / self.from).log10() / (self.to / self.from).log10()
        } else {
            value / self.to
        };
        LEFT + (share * f64::from(WIDTH - LEFT - RIGHT)).round() as i32
    }

    /// The values with a grid line.
    pub fn ticks(&self) -> Vec<f64> {
        let steps = |count: f64| -> RangeInclusive<i32> { 0..=count as i32 };
        if self.logarithmic {
            let powers = steps((self.to / self.from).log10().round());
            return powers.map(|power| self.from * 10_f64.powi(power)).collect();
        }
        // Steps of 1, 2 or 5 times a power of ten, so that there are four to ten of them.
        let power = 10_f64.powf((self.to / 5.0).log10().floor());
        let step = [5.0, 2.0, 1.0].map(|it| it * power).into_iter().find(|it| self.to / it >= 4.0);
        let step = step.unwrap_or(power);
        steps(self.to / step).map(|at| f64::from(at) * step).collect()
    }
}
