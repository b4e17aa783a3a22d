//! An open database: the pools of its connections, and what they share.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{Notify, watch};

use super::{
    caller_writes::write_heartbeat,
    cancel::Canceller,
    connection::AnyConnection,
    replica::ReadReplica,
    turns::Turns,
    worker_pool::{Readers, WorkerPool},
};
use crate::{config::database_url::DatabaseUrl, domain::clock::Clock, error::Result};

/// How many jobs may wait for a connection before the next one is refused with `unavailable`.
const QUEUE: usize = 1024;

/// The most changes that one commit carries. A change that gets into the queue therefore waits for at
/// most [`QUEUE`] / [`GROUP`] commits before its own.
const GROUP: usize = 256;

/// Connections to PostgreSQL for coalesced changes: while one waits for the disk, the other works.
const COALESCING_WRITERS: usize = 2;

/// How long a read may take with all its waits, exports aside.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How many big reads of a caller run at a time, and how many more wait (D-32).
const BIG_READS: (usize, usize) = (2, 4);

/// The fewest threads for big reads: no caller takes all of them.
const BIG_READERS_MIN: usize = 2 * BIG_READS.0;

/// How many other lists of a caller wait. Half of the threads run them.
const LISTS_WAITING: usize = 64;

/// Exports that run at a time: each caller has one.
const EXPORTS: usize = 4;

/// Threads for exports.
const EXPORT_READERS: usize = 2;

/// What every transaction of a database shares.
#[derive(Clone)]
pub struct TxContext {
    /// The clock that changes are dated by.
    pub(crate) clock: Clock,
    /// Whether the writes of each caller are counted, for a read replica.
    pub(crate) counts_writes: bool,
}

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which database.
    pub url: DatabaseUrl,
    /// Connections for small reads, and on PostgreSQL as many for writing. Big reads have as many of
    /// their own, at least 4, and exports have 2.
    pub pool: usize,
    /// How many jobs may wait for a connection before the next one is refused.
    pub queue: usize,
    /// How long a read may take with all its waits, exports aside: for its turn, and for a connection.
    pub read_timeout: Duration,
    /// Another copy of the database that follows it: for lists and exports.
    pub read_replica: Option<DatabaseUrl>,
}

impl Options {
    /// A database without a read replica, with the queue that the service uses.
    pub fn new(url: DatabaseUrl, pool: usize) -> Self {
        Self { url, pool, queue: QUEUE, read_timeout: READ_TIMEOUT, read_replica: None }
    }
}

/// An open database. Clones share its connections.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    url: DatabaseUrl,
    read_timeout: Duration,
    context: TxContext,
    readers: WorkerPool,
    big_readers: WorkerPool,
    export_readers: WorkerPool,
    /// The turns of lists that are not big, of big reads, and of exports.
    turns: [Arc<Turns>; 3],
    replica: Option<ReadReplica>,
    writers: WorkerPool,
    /// For changes that share a transaction; none on SQLite, whose one writer does that too.
    coalescing: Option<WorkerPool>,
    /// Told when records of the ledger were written.
    records: Notify,
    /// The size of the ledger, as this process last saw it.
    ledger_size: watch::Sender<i64>,
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
        let timeout = Some(options.read_timeout);
        let small = Readers { name: "reader", threads: pool, queue, timeout };
        let replica = options.read_replica.clone();
        let replica = replica.map(|url| ReadReplica::new(url, small, clock.clone())).transpose()?;
        let canceller = match url.is_sqlite() {
            true => None,
            false => Some(Arc::new(Canceller::start(url.clone())?)),
        };
        let readers = |readers| WorkerPool::readers(&url, readers, canceller.clone());
        let big = Readers { name: "big-reader", threads: pool.max(BIG_READERS_MIN), ..small };
        let export = Readers { name: "export", threads: EXPORT_READERS, timeout: None, ..small };
        Ok(Self(Arc::new(Inner {
            readers: readers(small)?,
            big_readers: readers(big)?,
            export_readers: readers(export)?,
            turns: [
                Turns::new((pool / 2).max(1), LISTS_WAITING, queue),
                Turns::new(BIG_READS.0, BIG_READS.1, queue),
                Turns::new(1, 0, EXPORTS),
            ],
            context: TxContext { clock, counts_writes: replica.is_some() },
            replica,
            writers,
            coalescing,
            records: Notify::new(),
            ledger_size: watch::Sender::new(0),
            url,
            read_timeout: options.read_timeout,
        })))
    }

    /// Tells that records of the ledger were written.
    pub(crate) fn tell_of_records(&self) {
        self.0.records.notify_one();
    }

    /// Waits until this process writes records of the ledger, for a while at most: other processes
    /// write some too.
    pub async fn records_written(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.0.records.notified()).await;
    }

    /// Tells everybody who waits in [`Self::ledger_grown`] of the ledger's size.
    pub fn tell_of_ledger_size(&self, size: i64) {
        self.0.ledger_size.send_if_modified(|known| {
            let grown = size > *known;
            *known = size.max(*known);
            grown
        });
    }

    /// Waits until the ledger has more records than `size`, for a while at most. It asks nothing of the
    /// database.
    pub async fn ledger_grown(&self, size: i64, at_most: Duration) {
        let mut known = self.0.ledger_size.subscribe();
        let _ = tokio::time::timeout(at_most, known.wait_for(|known| *known > size)).await;
    }

    /// The address of the database.
    pub fn url(&self) -> &DatabaseUrl {
        &self.0.url
    }

    /// How many changes wait for a connection. A batch of coalesced changes counts as many as it has.
    pub fn waiting(&self) -> usize {
        self.0.writers.waiting() + self.0.coalescing.as_ref().map_or(0, WorkerPool::waiting)
    }

    /// The clock that changes are dated by.
    pub fn clock(&self) -> &Clock {
        &self.0.context.clock
    }

    /// When a read that comes now has to be done.
    pub(super) fn read_deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.0.read_timeout)
    }

    /// The connections for small reads, and for lists that are not big.
    pub(super) fn readers(&self) -> &WorkerPool {
        &self.0.readers
    }

    /// The connections for big reads.
    pub(super) fn big_readers(&self) -> &WorkerPool {
        &self.0.big_readers
    }

    /// The connections for exports.
    pub(super) fn export_readers(&self) -> &WorkerPool {
        &self.0.export_readers
    }

    /// The turns of lists that are not big, of big reads, and of exports.
    pub(super) fn turns(&self) -> &[Arc<Turns>; 3] {
        &self.0.turns
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
    pub(crate) fn context(&self) -> &TxContext {
        &self.0.context
    }

    /// The read replica, if there is one.
    pub(super) fn replica(&self) -> Option<&ReadReplica> {
        self.0.replica.as_ref()
    }

    /// Writes the time where copies of the database show it, so that a read replica is seen to
    /// follow. For PostgreSQL only.
    ///
    /// # Errors
    /// `unavailable` where the database is away.
    pub async fn heartbeat(&self) -> Result<()> {
        let clock = self.clock().clone();
        let write = move |conn: &mut AnyConnection| write_heartbeat(conn, clock.now());
        self.0.writers.run(write).await
    }
}
