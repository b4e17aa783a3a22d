//! Figures of the memory of services.

use crate::{
    error::Result,
    measure::{
        samples::{Sample, Samples},
        service::Service,
    },
    report::figures::{Figure, Results},
    suite::bench::Database,
};

/// The most anonymous memory that a service may have after full load, in MB.
const ANONYMOUS_MAX: f64 = 256.0;

/// Adds the peak of the resident memory of services under a load, and their anonymous memory after
/// it, which has an aim. Resident memory has no aim, because it includes the mapped file of SQLite.
pub fn add_memory(
    results: &mut Results,
    load: &str,
    databases: &[Database],
    services: &[Service],
) -> Result<()> {
    for (database, service) in databases.iter().zip(services) {
        let peak = service.memory("VmHWM:")?;
        add_memory_figure(results, &format!("peak resident memory, under {load}"), database, peak);
        let anonymous = service.memory("RssAnon:")?;
        let what = format!("anonymous memory, after {load}");
        add_memory_figure(results, &what, database, anonymous);
        let what = format!("{what}, {}", database.label());
        results.add_aim(what, anonymous / 1e6, true, ANONYMOUS_MAX, "MB");
    }
    Ok(())
}

/// Adds a figure in MB.
pub fn add_memory_figure(results: &mut Results, what: &str, database: &Database, bytes: f64) {
    let samples = Samples(vec![Sample { rate: bytes / 1e6, ..Sample::default() }]);
    let figure = Figure::new("memory", what, database.engine.name(), "MB", &samples);
    results.figures.push(figure.entries(database.entries));
}
