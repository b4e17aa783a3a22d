//! The loop of the threads that write: several jobs in one transaction, each in its own savepoint, so
//! that a bad one fails alone and all share one fsync.

use diesel::connection::SimpleConnection;

use super::{
    connection::AnyConnection,
    job::{End, Job},
    worker::{TRIES, Worker},
};
use crate::error::{Error, Result};

/// Runs jobs, up to `group` of them in one commit, until the queue is closed. Waiting jobs of one
/// kind are joined to one before that.
pub(super) fn write_loop(worker: &mut Worker, group: usize) {
    while let Ok(first) = worker.jobs.recv() {
        let mut jobs = vec![first];
        for job in worker.jobs.try_iter().take(group - 1) {
            let same = |it: &&mut Box<dyn Job>| job.kind().is_some() && it.kind() == job.kind();
            match jobs.iter_mut().find(same) {
                Some(waiting) => waiting.join(job),
                None => jobs.push(job),
            }
        }
        run_group(worker, jobs);
    }
}

/// Runs jobs in one transaction, again if that may help, and finishes each with its outcome.
fn run_group(worker: &mut Worker, mut jobs: Vec<Box<dyn Job>>) {
    let mut alone = Vec::new();
    let failure = (1..=TRIES).find_map(|attempt| match commit(worker, &mut jobs, &mut alone) {
        Ok(()) => Some(None),
        Err(Failure { error, again: true }) if attempt < TRIES => {
            log::warn!("a transaction is started again: {error}");
            None
        }
        Err(Failure { error, .. }) => Some(Some(error.to_string())),
    });
    for job in jobs {
        job.finish(failure.as_ref().and_then(|f| f.as_ref()).map(Error::unavailable));
    }
    // Each in a transaction of its own, so that its locks keep no other job waiting.
    for job in alone {
        run_group(worker, vec![job]);
    }
}

/// Why nothing of a transaction was kept.
struct Failure {
    error: Error,
    /// Whether to start it again may help.
    again: bool,
}

/// Runs jobs in one transaction. The parts of a job that failed as a whole are put into `alone`.
fn commit(
    worker: &mut Worker,
    jobs: &mut Vec<Box<dyn Job>>,
    alone: &mut Vec<Box<dyn Job>>,
) -> Result<(), Failure> {
    let result = try_commit(worker, jobs, alone);
    if result.is_err() {
        // A lost connection rolls back by itself; a new one has a clean state.
        worker.conn = None;
    }
    result
}

fn try_commit(
    worker: &mut Worker,
    jobs: &mut Vec<Box<dyn Job>>,
    alone: &mut Vec<Box<dyn Job>>,
) -> Result<(), Failure> {
    let conn = worker.conn().map_err(|error| Failure { error, again: false })?;
    // Before the COMMIT is sent, nothing can have been kept: start again if that may help.
    let early = |error: Error| Failure { again: error.transient, error };
    let again = |why: &str| Failure { error: Error::unavailable(why), again: true };
    let begin = match conn {
        AnyConnection::Sqlite(_) => "BEGIN IMMEDIATE",
        AnyConnection::Postgres(_) => "BEGIN",
    };
    execute(conn, begin).map_err(early)?;
    if let [job] = jobs.as_mut_slice() {
        match job.run(conn) {
            End::Good => {}
            End::Transient => return Err(again("a deadlock, or a lost connection")),
            End::Bad | End::Broken => {
                execute(conn, "ROLLBACK").map_err(early)?;
                split(jobs, 0, alone);
                return Ok(());
            }
        }
    } else {
        let mut next = 0;
        while let Some(job) = jobs.get_mut(next) {
            execute(conn, "SAVEPOINT one").map_err(early)?;
            match job.run(conn) {
                End::Good => {
                    execute(conn, "RELEASE one").map_err(early)?;
                    next += 1;
                }
                End::Transient => return Err(again("a deadlock, or a lost connection")),
                End::Bad | End::Broken => {
                    execute(conn, "ROLLBACK TO one; RELEASE one").map_err(early)?;
                    next += usize::from(!split(jobs, next, alone));
                }
            }
        }
    }
    let commit = match conn {
        AnyConnection::Sqlite(_) => "COMMIT",
        // PostgreSQL reports success for the COMMIT of a transaction that an error has ended, and
        // rolls back. Any other statement fails there.
        AnyConnection::Postgres(_) => "SELECT 1; COMMIT",
    };
    // Whether a failed commit took place can't be known: it is never repeated (D-04).
    execute(conn, commit).map_err(|error| Failure { error, again: false })
}

/// Takes apart a job that failed as a whole; returns whether it has parts.
fn split(jobs: &mut Vec<Box<dyn Job>>, at: usize, alone: &mut Vec<Box<dyn Job>>) -> bool {
    let parts = jobs.get_mut(at).map(|job| job.parts()).unwrap_or_default();
    if parts.is_empty() {
        return false;
    }
    log::warn!("coalesced changes failed as a whole, and are made one by one");
    jobs.remove(at);
    alone.extend(parts);
    true
}

fn execute(conn: &mut AnyConnection, sql: &str) -> Result<()> {
    conn.batch_execute(sql).map_err(Error::from)
}
