//! Threads that own a connection each, and take work from one bounded queue.
//!
//! Readers run one job at a time. A writer may take several: each in its own savepoint, so that a
//! bad one fails alone, and all of them in one commit, so that they share one fsync. Jobs of one
//! kind are made one before that.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use super::{
    connection::{AnyConnection, open_scanner, open_writer},
    job::{End, Job, Task},
};
use crate::{
    config::database_url::DatabaseUrl,
    error::{Error, Result},
};

/// How often work is begun anew when the database says that this may help.
const TRIES: usize = 8;

/// Makes a connection.
pub(super) type Open = Arc<dyn Fn() -> Result<AnyConnection> + Send + Sync>;

/// A queue, and the threads that serve it. Dropping it lets them finish what is queued.
pub(crate) struct WorkerPool {
    queue: Option<Sender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl WorkerPool {
    /// Threads whose connections can only read.
    ///
    /// # Errors
    /// `unavailable` where the database can't be used.
    pub(super) fn readers(url: &DatabaseUrl, threads: usize, queue: usize) -> Result<Self> {
        let (first, url) = (open_scanner(url)?, url.clone());
        let open = Arc::new(move || open_scanner(&url));
        Self::start("reader", Some(first), open, threads, queue, read_loop)
    }

    /// The same, of a database that need not be there yet.
    ///
    /// # Errors
    /// Where a thread can't be started.
    pub(super) fn late_readers(open: Open, threads: usize, queue: usize) -> Result<Self> {
        Self::start("replica", None, open, threads, queue, read_loop)
    }

    /// Threads whose jobs are transactions, up to `group` of them in one commit.
    pub(super) fn writers(
        url: &DatabaseUrl,
        threads: usize,
        queue: usize,
        group: usize,
    ) -> Result<Self> {
        let (first, url) = (open_writer(url)?, url.clone());
        let open = Arc::new(move || open_writer(&url));
        let body = move |worker: &mut Worker| write_loop(worker, group);
        Self::start("writer", Some(first), open, threads, queue, body)
    }

    /// The first connection is made before, where it has to be known that the database can be used.
    fn start(
        name: &str,
        mut first: Option<AnyConnection>,
        open: Open,
        threads: usize,
        queue: usize,
        body: impl Fn(&mut Worker) + Clone + Send + 'static,
    ) -> Result<Self> {
        let (queue, jobs) = bounded(queue);
        let mut pool = Self { queue: Some(queue), threads: Vec::new() };
        for number in 0..threads {
            let conn = first.take();
            let mut worker = Worker { open: Arc::clone(&open), conn, jobs: jobs.clone() };
            let body = body.clone();
            let thread = thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || body(&mut worker))
                .map_err(Error::internal)?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// How many jobs wait for a thread.
    pub(super) fn waiting(&self) -> usize {
        self.queue.as_ref().map_or(0, Sender::len)
    }

    /// Queues `work` and waits for what it answers.
    ///
    /// # Errors
    /// Whatever `work` answers; `unavailable` where the queue is full or there is no connection.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        let (task, answer) = Task::new(work);
        self.wait_for(task, answer).await
    }

    /// Queues a job, and waits until its outcome is told.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub(crate) async fn wait_for<T>(
        &self,
        job: impl Job,
        answer: oneshot::Receiver<Result<T>>,
    ) -> Result<T> {
        let queue = self.queue.as_ref().ok_or_else(|| Error::unavailable("shutting down"))?;
        queue.try_send(Box::new(job)).map_err(|error| match error {
            TrySendError::Full(_) => Error::unavailable("the queue of the database is full"),
            TrySendError::Disconnected(_) => Error::internal("the database threads are gone"),
        })?;
        answer.await.map_err(|_| Error::internal("a job was dropped without an answer"))?
    }
}

impl Drop for WorkerPool {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                log::error!("a database thread ended in a panic");
            }
        }
    }
}

/// What a thread works with: its connection, made again when it is lost, and the queue.
struct Worker {
    open: Open,
    conn: Option<AnyConnection>,
    jobs: Receiver<Box<dyn Job>>,
}

impl Worker {
    fn conn(&mut self) -> Result<&mut AnyConnection> {
        if self.conn.is_none() {
            self.conn = Some((self.open)()?);
        }
        self.conn.as_mut().ok_or_else(|| Error::unavailable("no connection"))
    }
}

fn read_loop(worker: &mut Worker) {
    while let Ok(mut job) = worker.jobs.recv() {
        let mut failure = None;
        for _ in 0..TRIES {
            match worker.conn() {
                Ok(conn) => match job.run(conn) {
                    End::Good | End::Bad => break,
                    End::Transient => worker.conn = None,
                    End::Broken => {
                        worker.conn = None;
                        break;
                    }
                },
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        job.finish(failure);
    }
}

fn write_loop(worker: &mut Worker, group: usize) {
    while let Ok(first) = worker.jobs.recv() {
        let mut jobs = vec![first];
        for job in worker.jobs.try_iter().take(group - 1) {
            let same = |it: &&mut Box<dyn Job>| job.kind().is_some() && it.kind() == job.kind();
            match jobs.iter_mut().find(same) {
                Some(there) => there.join(job),
                None => jobs.push(job),
            }
        }
        settle(worker, jobs);
    }
}

/// Makes what jobs are to make, and tells each what came of it.
fn settle(worker: &mut Worker, mut jobs: Vec<Box<dyn Job>>) {
    let mut alone = Vec::new();
    let failure =
        (1..=TRIES).find_map(|attempt| match commit_together(worker, &mut jobs, &mut alone) {
            Ok(()) => Some(None),
            Err(Failure { error, again: true }) if attempt < TRIES => {
                log::warn!("a transaction is begun anew: {error}");
                None
            }
            Err(Failure { error, .. }) => Some(Some(error.to_string())),
        });
    for job in jobs {
        job.finish(failure.as_ref().and_then(|f| f.as_ref()).map(Error::unavailable));
    }
    // Each in a transaction of its own: what it holds to the end, it holds from nobody.
    for job in alone {
        settle(worker, vec![job]);
    }
}

/// Why nothing of a transaction was kept.
struct Failure {
    error: Error,
    again: bool,
}

/// Runs jobs in one transaction. The parts of a job that failed as a whole are left for `alone`.
fn commit_together(
    worker: &mut Worker,
    jobs: &mut Vec<Box<dyn Job>>,
    alone: &mut Vec<Box<dyn Job>>,
) -> Result<(), Failure> {
    let result = try_commit(worker, jobs, alone);
    if result.is_err() {
        // Rolling back is what a lost connection does by itself; a new one has a clean state.
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
    // Until the commit is asked for, nothing can have been kept: begin anew if that may help.
    let early = |error: Error| Failure { again: error.transient, error };
    let again = |why: &str| Failure { error: Error::unavailable(why), again: true };
    let begin = match conn {
        AnyConnection::Sqlite(_) => "BEGIN IMMEDIATE",
        AnyConnection::Postgres(_) => "BEGIN",
    };
    sql(conn, begin).map_err(early)?;
    if let [job] = jobs.as_mut_slice() {
        match job.run(conn) {
            End::Good => {}
            End::Transient => return Err(again("a deadlock, or a lost connection")),
            End::Bad | End::Broken => {
                sql(conn, "ROLLBACK").map_err(early)?;
                split(jobs, 0, alone);
                return Ok(());
            }
        }
    } else {
        let mut next = 0;
        while let Some(job) = jobs.get_mut(next) {
            sql(conn, "SAVEPOINT one").map_err(early)?;
            match job.run(conn) {
                End::Good => {
                    sql(conn, "RELEASE one").map_err(early)?;
                    next += 1;
                }
                End::Transient => return Err(again("a deadlock, or a lost connection")),
                End::Bad | End::Broken => {
                    sql(conn, "ROLLBACK TO one; RELEASE one").map_err(early)?;
                    next += usize::from(!split(jobs, next, alone));
                }
            }
        }
    }
    let commit = match conn {
        AnyConnection::Sqlite(_) => "COMMIT",
        // PostgreSQL answers the COMMIT of a transaction that an error has ended as if all were
        // well, and rolls back. Any other statement fails there.
        AnyConnection::Postgres(_) => "SELECT 1; COMMIT",
    };
    // Whether a commit that failed took place can't be known: it is never asked for again.
    sql(conn, commit).map_err(|error| Failure { error, again: false })
}

/// Takes a job apart that failed as a whole; whether it has parts.
fn split(jobs: &mut Vec<Box<dyn Job>>, at: usize, alone: &mut Vec<Box<dyn Job>>) -> bool {
    let parts = jobs.get_mut(at).map(|job| job.parts()).unwrap_or_default();
    if parts.is_empty() {
        return false;
    }
    log::warn!("what failed together is made one by one");
    jobs.remove(at);
    alone.extend(parts);
    true
}

fn sql(conn: &mut AnyConnection, text: &str) -> Result<()> {
    conn.batch_execute(text).map_err(Error::from)
}
