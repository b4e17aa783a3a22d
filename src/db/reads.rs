//! The ways to read from a database: small reads, on the calling thread where that is faster; lists
//! and big reads, each on threads of their own, where callers take turns.

use std::{cell::RefCell, time::Instant};

use uuid::Uuid;

use super::{
    connection::{self, AnyConnection},
    database::Db,
    reader::{self, MemoryUse, Reader},
    turns::Turn,
    worker_pool::WorkerPool,
};
use crate::{
    config::database_url::DatabaseUrl,
    error::{Error, Result},
};

/// How much a read may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadSize {
    /// A few rows by an index: it never waits behind larger reads.
    Small,
    /// A page of a list.
    List,
    /// It may look at very many rows. A caller has few of these at a time.
    Big,
    /// A part of an export, which takes as long as it takes.
    Export,
}

thread_local! {
    /// The reading connection of this thread, for SQLite only. A page comes from the memory map in
    /// less time than the way to another thread and back takes (D-11).
    static LOCAL_READER: RefCell<Option<(DatabaseUrl, AnyConnection)>> = const { RefCell::new(None) };
}

impl Db {
    /// Reads something small: a few rows by an index.
    ///
    /// # Errors
    /// Those of `work`; `unavailable` where there is no connection.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>) -> Result<T> + Send + 'static,
    {
        if self.url().is_sqlite() {
            read_here(self.url(), work)
        } else {
            self.read_in(self.readers(), None, self.read_deadline(), work).await
        }
    }

    /// Reads for the service itself something that may take a while: never on the calling thread.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn read_much<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>) -> Result<T> + Send + 'static,
    {
        self.read_in(self.big_readers(), None, self.read_deadline(), work).await
    }

    /// Reads for a caller, when it is their turn. Waiting for the turn and for a thread is a part of
    /// the time that the read has; parts of an export have no such time.
    ///
    /// # Errors
    /// As [`Self::read`]; `rate_limited` where too many of the caller's reads wait; `unavailable`
    /// where the read takes too long.
    pub async fn read_in_turn<T, F>(&self, caller: Uuid, size: ReadSize, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>) -> Result<T> + Send + 'static,
    {
        let deadline = match size {
            ReadSize::Export => None,
            ReadSize::Small | ReadSize::List | ReadSize::Big => self.read_deadline(),
        };
        let turn = self.turn(caller, size, deadline).await?;
        match size {
            ReadSize::Small => self.read(work).await,
            ReadSize::List => self.read_in(self.readers(), turn, deadline, work).await,
            ReadSize::Big => self.read_in(self.big_readers(), turn, deadline, work).await,
            ReadSize::Export => self.read_in(self.export_readers(), turn, deadline, work).await,
        }
    }

    /// Waits for a caller's turn. Parts of an export have it from [`Self::begin_export`].
    pub(super) async fn turn(
        &self,
        caller: Uuid,
        size: ReadSize,
        deadline: Option<Instant>,
    ) -> Result<Option<Turn>> {
        let [lists, big, _] = self.turns();
        Ok(match size {
            ReadSize::Small | ReadSize::Export => None,
            ReadSize::List => Some(lists.take(caller, deadline).await?),
            ReadSize::Big => Some(big.take(caller, deadline).await?),
        })
    }

    /// The right to export, until it is dropped.
    ///
    /// # Errors
    /// `rate_limited` while another export of the caller runs; `unavailable` while too many of all
    /// callers run.
    pub async fn begin_export(&self, caller: Uuid) -> Result<Turn> {
        let [.., exports] = self.turns();
        exports.take(caller, self.read_deadline()).await
    }

    /// Reads on a thread of a pool. The turn ends with the read, not with the wait for it.
    async fn read_in<T, F>(
        &self,
        pool: &WorkerPool,
        turn: Option<Turn>,
        deadline: Option<Instant>,
        work: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>) -> Result<T> + Send + 'static,
    {
        let (mut work, url) = (Some(work), self.url().clone());
        let work = move |conn: &mut AnyConnection| {
            let _turn = &turn;
            match work.take() {
                Some(work) => reader::with_reader(&url, conn, MemoryUse::SmallCache, work),
                None => Err(Error::unavailable("the connection was lost while reading")),
            }
        };
        pool.read(deadline, work).await
    }
}

fn read_here<T>(url: &DatabaseUrl, work: impl FnOnce(&mut Reader<'_>) -> Result<T>) -> Result<T> {
    LOCAL_READER.with(|slot| {
        // Taken, and put back at the end: a panic may leave a connection in the middle of something,
        // and then it is dropped.
        let kept = slot.take().filter(|(kept_url, _)| kept_url == url);
        let mut conn = match kept {
            Some((_, conn)) => conn,
            None => connection::open_reader(url)?,
        };
        let result = reader::with_reader(url, &mut conn, MemoryUse::Mapped, work);
        slot.replace(Some((url.clone(), conn)));
        result
    })
}
