//! The database: SQLite or PostgreSQL, behind one connection type.
//!
//! Reads go through [`Db::read`]; the only way to write is [`Db::transact`], the journal.

pub mod connection;
mod constraint;
mod draft;
mod entry_insert;
mod entry_row;
mod entry_view;
mod job;
mod journal;
mod lane;
pub mod lean;
pub mod migrate;
mod read_replica;
mod recorded;
pub mod schema;
mod together;
pub mod types;

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, PoisonError},
};

pub use connection::{AnyConnection, MultiBackend};
pub use draft::Draft;
pub use entry_row::EntryRow;
pub use entry_view::{ActorView, EntryView, TargetView};
use journal::Terms;
pub use journal::{Stamped, Tx};
use lane::Lane;
use lean::Kept;
pub use lean::Reader;
use read_replica::ReadReplica;
pub use read_replica::{Listed, Listing};
pub use recorded::Recorded;
use together::Set;
pub use together::{Made, Together, Verdict};

use crate::{
    config::DatabaseUrl,
    domain::{clock::Clock, ids::UserId},
    error::{Error, Result},
};

/// How many jobs may wait for a connection before the next one is refused with `unavailable`.
const QUEUE: usize = 1024;

/// The most changes that one commit carries. So whoever is let into the queue waits for no more
/// than [`QUEUE`] / [`GROUP`] commits before his own.
const GROUP: usize = 256;

/// Connections to PostgreSQL for what is made together: while one waits for the disk, the other
/// works.
const JOINT_WRITERS: usize = 2;

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
    readers: Lane,
    replica: Option<ReadReplica>,
    writers: Lane,
    /// For what is made together; none on SQLite, whose one writer does that too.
    joint: Option<Lane>,
}

thread_local! {
    /// The reading connection of this worker thread (SQLite only: a page comes from the memory map
    /// in less time than the way to another thread and back takes).
    static LOCAL_READER: RefCell<Option<(DatabaseUrl, AnyConnection)>> = const { RefCell::new(None) };
}

impl Db {
    /// Opens the connections. The schema has to be up to date: [`migrate::up`].
    ///
    /// # Errors
    /// `unavailable` where the database can't be reached.
    pub fn open(options: &Options, clock: Clock) -> Result<Self> {
        let url = options.url.clone();
        let (pool, queue) = (options.pool, options.queue);
        let (writers, joint) = if url.is_sqlite() {
            (Lane::writers(&url, 1, queue, GROUP)?, None)
        } else {
            let joint = Lane::writers(&url, JOINT_WRITERS, queue, GROUP)?;
            (Lane::writers(&url, pool, queue, 1)?, Some(joint))
        };
        let replica = options.read_replica.clone();
        let replica =
            replica.map(|url| ReadReplica::new(url, pool, queue, clock.clone())).transpose()?;
        Ok(Self(Arc::new(Inner {
            readers: Lane::readers(&url, pool, queue)?,
            terms: Terms { clock, counts_writes: replica.is_some() },
            replica,
            writers,
            joint,
            url,
        })))
    }

    /// Which database it is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.0.url
    }

    /// How many changes wait for a connection; those that will be made together count each.
    pub fn waiting(&self) -> usize {
        self.0.writers.waiting() + self.0.joint.as_ref().map_or(0, Lane::waiting)
    }

    /// The clock that changes are dated by.
    pub fn clock(&self) -> &Clock {
        &self.0.terms.clock
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
            Some(work) => lean::with_reader(&url, conn, Kept::Little, work),
            None => Err(Error::unavailable("the connection was lost while reading")),
        };
        self.0.readers.run(work).await
    }

    /// Reads a part of a list: first `gate` says who asks and what he may, always as the database
    /// has it now, then `work` reads. With a read replica, `work` may be done by that.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn list<G, T>(
        &self,
        how: Listing,
        gate: impl FnOnce(&mut Reader<'_>) -> Result<(Option<UserId>, G)> + Send + 'static,
        work: impl Fn(&mut Reader<'_>, &G) -> Result<T> + Send + Sync + 'static,
    ) -> Result<Listed<T>>
    where
        G: Send + Sync + 'static,
        T: Send + 'static,
    {
        if let Some(replica) = &self.0.replica {
            return read_replica::list(self, replica, how.ahead, gate, work).await;
        }
        let both = move |reader: &mut Reader<'_>| {
            let (_, gated) = gate(reader)?;
            work(reader, &gated)
        };
        let read = if how.small { self.read(both).await } else { self.read_much(both).await };
        Ok(Listed { output: read?, ahead: false })
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
            let result = lean::with_reader(&self.0.url, &mut conn, Kept::Mapped, work);
            slot.replace(Some((self.0.url.clone(), conn)));
            result
        })
    }

    /// Makes one change and writes the entries that it declares, all or nothing: the journal.
    ///
    /// On SQLite one thread does all the writing, and many changes share a commit, each in its own
    /// savepoint. The answer comes when the commit is on disk.
    ///
    /// # Errors
    /// Whatever `work` answers, and then nothing is written; `unavailable` where the queue is full
    /// or the database is away.
    pub async fn transact<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<Recorded<T>> + Send + 'static,
    {
        self.0.writers.run(journal::job(self.0.terms.clone(), work)).await
    }

    /// Makes one change together with those of its kind that wait at the same time: in one
    /// transaction, with one look at what they have to know, and one commit. It fails alone.
    ///
    /// # Errors
    /// As [`Self::transact`].
    pub async fn together<S: Together>(&self, one: S) -> Result<Made<S>> {
        let lane = self.0.joint.as_ref().unwrap_or(&self.0.writers);
        let (set, answer) = Set::of(self.0.terms.clone(), one);
        lane.wait_for(set, answer).await
    }

    /// Lets a read replica know, by the way that its data come, that it still follows. For PostgreSQL,
    /// which alone has one.
    ///
    /// # Errors
    /// `unavailable` where the database is away.
    pub async fn beat(&self) -> Result<()> {
        let clock = self.clock().clone();
        let beat = move |conn: &mut AnyConnection| read_replica::beat(conn, clock.now());
        self.0.writers.run(beat).await
    }

    /// Does as [`Self::transact`] does, answers what it came to, and takes all of it back.
    ///
    /// # Errors
    /// As [`Self::transact`].
    pub async fn rehearse<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let told = Arc::new(Mutex::new(None));
        let job = journal::rehearsal(self.0.terms.clock.clone(), work, Arc::clone(&told));
        let ended = self.0.writers.run(job).await;
        let output = told.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (output, ended) {
            (Some(output), _) => Ok(output),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(Error::internal("a rehearsal was kept")),
        }
    }
}
