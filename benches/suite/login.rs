//! L: log-ins, beside the password hash alone.

use std::{
    thread,
    time::{Duration, Instant},
};

use argon2::{Argon2, PasswordHasher};

use crate::{
    data::users::PASSWORD,
    error::Result,
    measure::{
        rounds::{Measurement, run_rounds},
        samples::Sample,
        wrk::Load,
    },
    report::figures::{Figure, Results},
    suite::bench::Bench,
};

/// Measures log-ins on the smallest databases: the number of entries does not matter.
pub fn measure(bench: &Bench, results: &mut Results) -> Result<()> {
    let entries = bench.settings.smallest();
    let databases = bench.smallest();
    let services = databases.iter().map(|it| bench.service(it)).collect::<Result<Vec<_>>>()?;
    let mut measurements = vec![Measurement::new("L: argon2id alone", |round| hash(round.seconds))];
    let mut names = Vec::new();
    for (database, service) in databases.iter().zip(&services) {
        names.push(database.engine.name());
        measurements.push(Measurement::new(format!("L: {}", database.label()), move |round| {
            Load::new("login", 16).run(&service.address, "", round.seconds)
        }));
    }
    let samples = run_rounds(bench.settings.rounds, bench.settings.seconds, measurements)?;
    for (on, one) in names.iter().zip(&samples[1..]) {
        let figure = Figure::new("L", "log-in, 16 connections", on, "requests/s", one);
        results.figures.push(figure.entries(entries).limit("argon2id", &samples[0]));
    }
    results.figures.push(Figure::new("L", "the hash alone", "argon2id", "hashes/s", &samples[0]));
    Ok(())
}

/// Hashes passwords with the parameters of the service (the defaults of argon2id, as in
/// `src/auth/passwords.rs`), on a thread for each core.
fn hash(seconds: u64) -> Result<Sample> {
    let threads = thread::available_parallelism()?.get();
    let begun = Instant::now();
    let worker = move || {
        let (argon2, mut count) = (Argon2::default(), 0);
        while begun.elapsed() < Duration::from_secs(seconds) {
            if argon2.hash_password(PASSWORD.as_bytes()).is_err() {
                return None;
            }
            count += 1;
        }
        Some(count)
    };
    let workers: Vec<_> = (0..threads).map(|_| thread::spawn(worker)).collect();
    let mut count = 0;
    for worker in workers {
        count += worker.join().ok().flatten().ok_or("a password could not be hashed")?;
    }
    Ok(Sample { rate: f64::from(count) / begun.elapsed().as_secs_f64(), ..Sample::default() })
}
