//! L: log-in, beside the hash of a password alone.

use std::{
    thread,
    time::{Duration, Instant},
};

use argon2::{Argon2, PasswordHasher};

use crate::{
    Result,
    load::{Load, Sample},
    results::{Figure, Results},
    rounds::{Runner, in_turn},
    suite::Bench,
};

/// Measures log-ins at the smallest databases: the number of entries does not matter.
pub fn measure(bench: &Bench, results: &mut Results) -> Result<()> {
    let entries = bench.settings.ends().0;
    let small = bench.small();
    let services = small.iter().map(|it| bench.service(it)).collect::<Result<Vec<_>>>()?;
    let mut runners = vec![Runner::new("L: argon2id alone", |turn| hashes(turn.seconds))];
    let mut names = Vec::new();
    for (place, service) in small.into_iter().zip(&services) {
        names.push(place.engine.name());
        runners.push(Runner::new(format!("L: {}", place.name()), move |turn| {
            Load::of("login", 16).run(&service.address, "", turn.seconds)
        }));
    }
    let series = in_turn(bench.settings.rounds, bench.settings.seconds, runners)?;
    for (on, one) in names.iter().zip(&series[1..]) {
        let figure = Figure::of("L", "log-in, 16 connections", on, "requests/s", one);
        results.figures.push(figure.entries(entries).limit("argon2id", &series[0]));
    }
    results.figures.push(Figure::of("L", "the hash alone", "argon2id", "hashes/s", &series[0]));
    Ok(())
}

/// Hashes as the service does (`auth/passwords.rs`: argon2id's defaults are OWASP's first choice),
/// on as many threads as there are cores.
fn hashes(seconds: u64) -> Result<Sample> {
    let threads = thread::available_parallelism()?.get();
    let begun = Instant::now();
    let worker = move || {
        let (argon2, mut count) = (Argon2::default(), 0);
        while begun.elapsed() < Duration::from_secs(seconds) {
            if argon2.hash_password(b"a-password-of-the-benchmark").is_err() {
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
