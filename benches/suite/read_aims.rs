//! The aims that compare the pages of a run with each other.

use crate::{
    report::{
        figures::{Figure, Results},
        numbers::short_count,
    },
    suite::bench::{Bench, Engine},
};

/// The most times that R may take at the largest size, compared with the smallest.
const GROWTH_MAX: f64 = 1.15;
/// The most times that R-deep may take, compared with R.
const DEEP_MAX: f64 = 1.3;
/// The most times that the 99th percentile of R may take, compared with the median, on PostgreSQL.
const SPREAD_MAX: f64 = 5.0;

/// Adds the aims of R and R-deep.
pub fn add_read_aims(bench: &Bench, results: &mut Results) {
    let (smallest, largest) = (bench.settings.smallest(), bench.settings.largest());
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let on = engine.name();
        if let (Some(small), Some(large)) =
            (results.value("R", on, smallest), results.value("R", on, largest))
            && smallest < largest
        {
            let what = format!("R: time at the largest / at the smallest, {on}");
            results.add_aim(what, small / large, true, GROWTH_MAX, "");
        }
        for &entries in &bench.settings.sizes {
            let size = short_count(entries);
            if let (Some(newest), Some(deep)) =
                (results.value("R", on, entries), results.value("R-deep", on, entries))
            {
                let what = format!("R-deep: time / of R, {on}, {size}");
                results.add_aim(what, newest / deep, true, DEEP_MAX, "");
            }
            let page =
                |it: &&Figure| it.measure == "R" && it.on == on && it.entries == Some(entries);
            let spread = results.figures.iter().find(page).and_then(|it| Some(it.p99? / it.p50?));
            if let (Some(spread), Engine::Postgres) = (spread, engine) {
                let what = format!("R: p99 / p50, {on}, {size}");
                results.add_aim(what, spread, true, SPREAD_MAX, "");
            }
        }
    }
}
