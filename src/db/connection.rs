//! One connection type over both databases, and how each is opened.

use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};

use crate::{
    config::database_url::DatabaseUrl,
    error::{Error, Result},
};

/// A connection to either database. Never opened by its own `establish`, which would try SQLite
/// with whatever text it gets: see [`open_reader`] and [`open_writer`].
#[allow(missing_docs, reason = "diesel's derive makes public items without a doc comment")]
mod multi {
    use diesel::{PgConnection, SqliteConnection};

    #[derive(diesel::MultiConnection)]
    pub enum AnyConnection {
        Sqlite(SqliteConnection),
        Postgres(PgConnection),
    }
}
pub use multi::{AnyConnection, MultiBackend};

/// Settings of every SQLite connection. `synchronous=FULL` makes each commit durable; the memory
/// map saves a copy of each page that is read, and is as large as the file: what it takes is address
/// space, and pages that the system drops when it needs their room.
pub(super) const SQLITE: &str = "PRAGMA busy_timeout = 30000; PRAGMA foreign_keys = ON; \
     PRAGMA synchronous = FULL; PRAGMA mmap_size = 1099511627776; PRAGMA cache_size = -16000; \
     PRAGMA temp_store = MEMORY;";

/// What is different for SQLite connections of [`open_scanner`].
pub(super) const SQLITE_SCANNER: &str = "PRAGMA mmap_size = 0; PRAGMA cache_size = -2000;";

/// Opens a connection that the database itself lets do nothing but read.
///
/// # Errors
/// `unavailable` where there is no database to be reached.
pub fn open_reader(url: &DatabaseUrl) -> Result<AnyConnection> {
    let mut conn = open(url)?;
    match &mut conn {
        AnyConnection::Sqlite(conn) => conn.batch_execute("PRAGMA query_only = ON"),
        // A bitmap has no order, and each list here has an index that does. Once a statement is
        // planned without its values, PostgreSQL takes a log for one of average length, which it
        // may as well collect and sort: for one of fifty thousand entries that is a second.
        AnyConnection::Postgres(conn) => conn
            .batch_execute("SET default_transaction_read_only = on; SET enable_bitmapscan = off"),
    }
    .map_err(Error::unavailable)?;
    Ok(conn)
}

/// Opens a reader for what may take a while. It reads without a memory map: a long export goes over
/// the whole file, and every page of it that was mapped would count as the process's memory. Its
/// cache is small for the same reason: there is one for each connection.
///
/// # Errors
/// As [`open_reader`].
pub fn open_scanner(url: &DatabaseUrl) -> Result<AnyConnection> {
    let mut conn = open_reader(url)?;
    if let AnyConnection::Sqlite(conn) = &mut conn {
        conn.batch_execute(SQLITE_SCANNER).map_err(Error::unavailable)?;
    }
    Ok(conn)
}

/// What is different for the one SQLite connection that writes. Notes of many users are pages all
/// over the file: it keeps more of them, and carries them from the log into the file less often, each
/// page once for many commits. The log grows to some 32 MB.
const SQLITE_WRITER: &str = "PRAGMA cache_size = -64000; PRAGMA wal_autocheckpoint = 8000;";

/// Opens a connection for the journal, the migrations, and nobody else.
///
/// # Errors
/// `unavailable` where there is no database to be reached.
pub fn open_writer(url: &DatabaseUrl) -> Result<AnyConnection> {
    let mut conn = open(url)?;
    if let AnyConnection::Sqlite(conn) = &mut conn {
        conn.batch_execute(SQLITE_WRITER).map_err(Error::unavailable)?;
    }
    Ok(conn)
}

fn open(url: &DatabaseUrl) -> Result<AnyConnection> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let path = path.to_str().ok_or_else(|| Error::unavailable("the path is not UTF-8"))?;
            let mut conn = SqliteConnection::establish(path).map_err(Error::unavailable)?;
            conn.batch_execute(SQLITE).map_err(Error::unavailable)?;
            Ok(AnyConnection::Sqlite(conn))
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url).map_err(Error::unavailable)?;
            // Text is UTF-8 and times are UTC, whatever the server or the role prefers.
            conn.batch_execute(
                "SET client_encoding = 'UTF8'; SET TIME ZONE 'UTC'; \
                 SET application_name = 'daybook'; SET synchronous_commit = on;",
            )
            .map_err(Error::unavailable)?;
            Ok(AnyConnection::Postgres(conn))
        }
    }
}

/// Reads several things as they were at one time.
///
/// # Errors
/// Whatever `work` answers.
pub fn snapshot<T>(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T>,
) -> Result<T> {
    conn.batch_execute(match conn {
        AnyConnection::Sqlite(_) => "BEGIN DEFERRED",
        AnyConnection::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    })?;
    let result = work(conn);
    conn.batch_execute("ROLLBACK")?;
    result
}
