//! A database, opened: its connections, and how they are read by.

use std::{cell::RefCell, sync::Arc};

use super::{
    connection::{self, AnyConnection},
    reader::{self, MemoryUse, Reader},
    replica::{self, ReadReplica},
    worker_pool::WorkerPool,
};
use crate::{
    config::database_url::DatabaseUrl,
    domain::clock::Clock,
    error::{Error, Result},
};

/// How many jobs may wait for a connection before the next one is refused with `unavailable`.
const QUEUE: usize = 1024;

/// The most changes that one commit carries. So whoever is let into the queue waits for no more
/// than [`QUEUE`] / [`GROUP`] commits before his own.
const GROUP: usize = 256;

/// Connections to PostgreSQL for what is made together: while one waits for the disk, the other
/// works.
const COALESCING_WRITERS: usize = 2;

/// What every transaction of a database shares.
#[derive(Clone)]
pub struct Terms {
    /// What changes are dated by.
    pub(crate) clock: Clock,
    /// Whether the writes of each caller are counted, for a read replica.
    pub(crate) counts_writes: bool,
}

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which one.
    pub url: DatabaseUrl,
    /// Connections for reading, and on PostgreSQL as many for writing.
    pub pool: usize,
    /// How many jobs may wait for a connection before the next one is refused.
    pub queue: usize,
    /// Another copy of it, which follows it: for lists and exports.
    pub read_replica: Option<DatabaseUrl>,
}

impl Options {
    /// A database without a read replica, with the queue that the service asks for.
    pub fn of(url: DatabaseUrl, pool: usize) -> Self {
        Self { url, pool, queue: QUEUE, read_replica: None }
    }
}

/// A database, opened. Clones share its connections.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    url: DatabaseUrl,
    terms: Terms,
    readers: WorkerPool,
    replica: Option<ReadReplica>,
    writers: WorkerPool,
    /// For changes that share a transaction; none on SQLite, whose one writer does that too.
    coalescing: Option<WorkerPool>,
}

thread_local! {
    /// The reading connection of this worker thread (SQLite only: a page comes from the memory map
    /// in less time than the way to another thread and back takes).
    static LOCAL_READER: RefCell<Option<(DatabaseUrl, AnyConnection)>> = const { RefCell::new(None) };
}

impl Db {
    /// Opens the connections. The schema has to be up to date: [`super::migrate::up`].
    ///
    /// # Errors
    /// `unavailable` where the database can't be reached.
    pub fn open(options: &Options, clock: Clock) -> Result<Self> {
        let url = options.url.clone();
        let (pool, queue) = (options.pool, options.queue);
        let (writers, coalescing) = if url.is_sqlite() {
            (WorkerPool::writers(&url, 1, queue, GROUP)?, None)
        } else {
            let coalescing = WorkerPool::writers(&url, COALESCING_WRITERS, queue, GROUP)?;
            (WorkerPool::writers(&url, pool, queue, 1)?, Some(coalescing))
        };
        let replica = options.read_replica.clone();
        let replica =
            replica.map(|url| ReadReplica::new(url, pool, queue, clock.clone())).transpose()?;
        Ok(Self(Arc::new(Inner {
            readers: WorkerPool::readers(&url, pool, queue)?,
            terms: Terms { clock, counts_writes: replica.is_some() },
            replica,
            writers,
            coalescing,
            url,
        })))
    }

    /// Which database it is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.0.url
    }

    /// How many changes wait for a connection; those that will be made together count each.
    pub fn waiting(&self) -> usize {
        self.0.writers.waiting() + self.0.coalescing.as_ref().map_or(0, WorkerPool::waiting)
    }

    /// The clock that changes are dated by.
    pub fn clock(&self) -> &Clock {
        &self.0.terms.clock
    }

    /// The connections for writing: the journal's.
    pub(crate) fn writers(&self) -> &WorkerPool {
        &self.0.writers
    }

    /// The connections for changes that share a transaction: the journal's.
    pub(crate) fn coalescing_writers(&self) -> &WorkerPool {
        self.0.coalescing.as_ref().unwrap_or(&self.0.writers)
    }

    /// What every transaction shares.
    pub(crate) fn terms(&self) -> &Terms {
        &self.0.terms
    }

    /// The read replica, if there is one.
    pub(super) fn replica(&self) -> Option<&ReadReplica> {
        self.0.replica.as_ref()
    }

    /// Reads something small: a few rows by an index.
    ///
    /// # Errors
    /// Whatever `work` answers; `unavailable` where there is no connection.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>) -> Result<T> + Send + 'static,
    {
        if self.0.url.is_sqlite() { self.read_here(work) } else { self.read_much(work).await }
    }

    /// Reads something that may take a while: never on a worker thread.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn read_much<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>) -> Result<T> + Send + 'static,
    {
        let (mut work, url) = (Some(work), self.0.url.clone());
        let work = move |conn: &mut AnyConnection| match work.take() {
            Some(work) => reader::with_reader(&url, conn, MemoryUse::SmallCache, work),
            None => Err(Error::unavailable("the connection was lost while reading")),
        };
        self.0.readers.run(work).await
    }

    fn read_here<T>(&self, work: impl FnOnce(&mut Reader<'_>) -> Result<T>) -> Result<T> {
        LOCAL_READER.with(|slot| {
            // Taken, and put back when all is over: a panic may leave a connection in the middle
            // of something, so it goes down with it.
            let kept = slot.take().filter(|(url, _)| *url == self.0.url);
            let mut conn = match kept {
                Some((_, conn)) => conn,
                None => connection::open_reader(&self.0.url)?,
            };
            let result = reader::with_reader(&self.0.url, &mut conn, MemoryUse::Mapped, work);
            slot.replace(Some((self.0.url.clone(), conn)));
            result
        })
    }

    /// Lets a read replica know, by the way that its data come, that it still follows. For PostgreSQL,
    /// which alone has one.
    ///
    /// # Errors
    /// `unavailable` where the database is away.
    pub async fn beat(&self) -> Result<()> {
        let clock = self.clock().clone();
        let beat = move |conn: &mut AnyConnection| replica::beat(conn, clock.now());
        self.0.writers.run(beat).await
    }
}
