//! A connection for reading: diesel's, and on SQLite a raw one beside it, which borrows the columns
//! of a row where diesel copies them.

use std::{
    cell::RefCell,
    ops::{Deref, DerefMut},
};

use super::{
    connection::{AnyConnection, SQLITE, SQLITE_SCANNER},
    watch,
};
use crate::{
    config::database_url::DatabaseUrl,
    error::{Error, Result},
};

/// A connection that can only read: diesel's, and on SQLite the raw one beside it.
pub struct Reader<'a> {
    conn: &'a mut AnyConnection,
    raw: Option<&'a rusqlite::Connection>,
}

impl Deref for Reader<'_> {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        self.conn
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.conn
    }
}

impl Reader<'_> {
    /// The raw connection, if this is SQLite.
    pub fn raw(&self) -> Option<&rusqlite::Connection> {
        self.raw
    }
}

thread_local! {
    /// The raw connection of this thread.
    static RAW: RefCell<Option<(DatabaseUrl, rusqlite::Connection)>> = const { RefCell::new(None) };
}

/// How much of an SQLite file a raw connection may keep in memory: as [`open_reader`] and
/// [`open_scanner`] set it for diesel's.
///
/// [`open_reader`]: crate::db::connection::open_reader
/// [`open_scanner`]: crate::db::connection::open_scanner
#[derive(Clone, Copy)]
pub enum MemoryUse {
    /// Every page that is read, in the memory map.
    Mapped,
    /// A small cache.
    SmallCache,
}

/// Reads with a connection, and with the raw one of this thread beside it.
///
/// # Errors
/// Those of `work`; `unavailable` where the database can't be opened.
pub fn with_reader<T>(
    url: &DatabaseUrl,
    conn: &mut AnyConnection,
    memory: MemoryUse,
    work: impl FnOnce(&mut Reader<'_>) -> Result<T>,
) -> Result<T> {
    let DatabaseUrl::Sqlite(path) = url else {
        return work(&mut Reader { conn, raw: None });
    };
    RAW.with(|slot| {
        // Taken, and put back at the end: a panic drops it, as it does the connection beside it.
        let kept = slot.take().filter(|(kept_url, _)| kept_url == url);
        let raw = match kept {
            Some((_, raw)) => raw,
            None => {
                let raw = rusqlite::Connection::open(path).map_err(Error::unavailable)?;
                raw.execute_batch(SQLITE).map_err(Error::unavailable)?;
                raw.execute_batch("PRAGMA query_only = ON").map_err(Error::unavailable)?;
                if let MemoryUse::SmallCache = memory {
                    raw.execute_batch(SQLITE_SCANNER).map_err(Error::unavailable)?;
                    watch::interrupt(&raw)?;
                }
                raw
            }
        };
        let result = work(&mut Reader { conn, raw: Some(&raw) });
        slot.replace(Some((url.clone(), raw)));
        result
    })
}
