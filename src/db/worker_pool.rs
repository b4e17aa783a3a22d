//! Threads that own a connection each, and take jobs from one bounded queue.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use super::{
    cancel::Canceller,
    connection::{AnyConnection, open_scanner, open_writer},
    deadline::by,
    group_commit::write_loop,
    job::{Job, Read, Task},
    waiter::Waiter,
    watch::Watch,
    worker::{Open, Worker},
};
use crate::{
    config::database_url::DatabaseUrl,
    error::{Error, Result},
};

/// A queue, and the threads that serve it. Dropping it lets them finish what is queued.
pub(crate) struct WorkerPool {
    queue: Option<Sender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
    canceller: Option<Arc<Canceller>>,
}

/// The threads of a pool that reads.
#[derive(Clone, Copy)]
pub(super) struct Readers {
    /// What the threads are called.
    pub(super) name: &'static str,
    /// How many there are.
    pub(super) threads: usize,
    /// How many reads may wait for one of them.
    pub(super) queue: usize,
    /// How long a statement may take.
    pub(super) timeout: Option<Duration>,
}

impl WorkerPool {
    /// Threads whose connections can only read.
    ///
    /// # Errors
    /// `unavailable` where the database can't be used.
    pub(super) fn readers(
        url: &DatabaseUrl,
        readers: Readers,
        canceller: Option<Arc<Canceller>>,
    ) -> Result<Self> {
        let (first, url) = (open_scanner(url, readers.timeout)?, url.clone());
        let open = Arc::new(move || open_scanner(&url, readers.timeout));
        Self::start_readers(Some(first), open, readers, canceller)
    }

    /// Threads that read a database that need not be reachable yet.
    ///
    /// # Errors
    /// `internal_error` where a thread can't be started.
    pub(super) fn late_readers(
        open: Open,
        readers: Readers,
        canceller: Option<Arc<Canceller>>,
    ) -> Result<Self> {
        Self::start_readers(None, open, readers, canceller)
    }

    fn start_readers(
        first: Option<AnyConnection>,
        open: Open,
        readers: Readers,
        canceller: Option<Arc<Canceller>>,
    ) -> Result<Self> {
        let Readers { name, threads, queue, .. } = readers;
        let body = |worker: &mut Worker| worker.read_loop();
        let mut pool = Self::start(name, first, open, threads, queue, body)?;
        pool.canceller = canceller;
        Ok(pool)
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

    /// Starts the threads. `first` is the connection of the first one, made before to see that the
    /// database can be used.
    fn start(
        name: &str,
        mut first: Option<AnyConnection>,
        open: Open,
        threads: usize,
        queue: usize,
        body: impl Fn(&mut Worker) + Clone + Send + 'static,
    ) -> Result<Self> {
        let (queue, jobs) = bounded(queue);
        let mut pool = Self { queue: Some(queue), threads: Vec::new(), canceller: None };
        for number in 0..threads {
            let conn = first.take();
            let mut worker =
                Worker { open: Arc::clone(&open), conn, process: None, jobs: jobs.clone() };
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

    /// Queues `work` and waits for its outcome.
    ///
    /// # Errors
    /// Those of `work`; `unavailable` where the queue is full or there is no connection.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        let (task, reply) = Task::new(work);
        self.wait_for(task, reply).await
    }

    /// Queues a read and waits for its outcome, until the deadline. Where nobody waits any more, the
    /// read is not begun, or ends where it is.
    ///
    /// # Errors
    /// As [`Self::run`]; `unavailable` where the read is not done by the deadline.
    pub(super) async fn read<T, F>(&self, deadline: Option<Instant>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        let watch = Watch::new(deadline);
        let (read, reply) = Read::new(work, Arc::clone(&watch));
        let waiter = Waiter::new(watch, self.canceller.clone());
        // Past the deadline, the waiter is dropped before it is done, which ends the read.
        let outcome = by(deadline, self.wait_for(read, reply)).await?;
        waiter.done();
        outcome
    }

    /// Queues a job, and waits for its outcome in `reply`.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub(crate) async fn wait_for<T>(
        &self,
        job: impl Job,
        reply: oneshot::Receiver<Result<T>>,
    ) -> Result<T> {
        let queue = self.queue.as_ref().ok_or_else(|| Error::unavailable("shutting down"))?;
        queue.try_send(Box::new(job)).map_err(|error| match error {
            TrySendError::Full(_) => Error::unavailable("the queue of the database is full"),
            TrySendError::Disconnected(_) => Error::internal("the database threads are gone"),
        })?;
        reply.await.map_err(|_| Error::internal("a job was dropped without an outcome"))?
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
