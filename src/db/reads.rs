//! The two ways to read from a database: small reads on the calling thread where that is faster, and
//! long ones on the threads of a pool.

use std::cell::RefCell;

use super::{
    connection::{self, AnyConnection},
    database::Db,
    reader::{self, MemoryUse, Reader},
};
use crate::{
    config::database_url::DatabaseUrl,
    error::{Error, Result},
};

thread_local! {
    /// The reading connection of this thread, for SQLite only. A page comes from the memory map in
    /// less time than the way to another thread and back takes.
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
            self.read_much(work).await
        }
    }

    /// Reads something that may take a while: never on the calling thread.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn read_much<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>) -> Result<T> + Send + 'static,
    {
        let (mut work, url) = (Some(work), self.url().clone());
        let work = move |conn: &mut AnyConnection| match work.take() {
            Some(work) => reader::with_reader(&url, conn, MemoryUse::SmallCache, work),
            None => Err(Error::unavailable("the connection was lost while reading")),
        };
        self.readers().run(work).await
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
