//! One connection type over both databases, and how each is opened.

use std::time::Duration;

use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};

use crate::{
    config::database_url::DatabaseUrl,
    db::watch,
    error::{Error, Result},
};

/// A connection to either database. Open it with [`open_reader`] or [`open_writer`]: its own
/// `establish` would try SQLite with any text.
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

/// Settings of every SQLite connection. `synchronous=FULL` makes each commit durable. The memory map
/// saves a copy of each page that is read. It is as large as the file, but takes only address space,
/// and pages that the system drops when it needs memory.
pub(super) const SQLITE: &str = "PRAGMA busy_timeout = 30000; PRAGMA foreign_keys = ON; \
     PRAGMA synchronous = FULL; PRAGMA mmap_size = 1099511627776; PRAGMA cache_size = -16000; \
     PRAGMA temp_store = MEMORY;";

/// What is different for SQLite connections of [`open_scanner`].
pub(super) const SQLITE_SCANNER: &str = "PRAGMA mmap_size = 0; PRAGMA cache_size = -2000;";

/// Opens a connection that the database itself restricts to reading.
///
/// # Errors
/// `unavailable` where the database can't be reached.
pub fn open_reader(url: &DatabaseUrl) -> Result<AnyConnection> {
    let mut conn = open(url)?;
    match &mut conn {
        AnyConnection::Sqlite(conn) => conn.batch_execute("PRAGMA query_only = ON"),
        // A bitmap has no order, and each list here has an index that does. PostgreSQL plans a
        // prepared statement for a log of average length, which it may collect and sort: that takes
        // a second for one of fifty thousand entries.
        AnyConnection::Postgres(conn) => conn
            .batch_execute("SET default_transaction_read_only = on; SET enable_bitmapscan = off"),
    }
    .map_err(Error::unavailable)?;
    Ok(conn)
}

/// Opens a reader for long reads. It has no memory map: a long export reads the whole file, and each
/// mapped page would count as the process's memory. Its cache is small for the same reason: each
/// connection has one. PostgreSQL ends a statement that takes longer than `timeout`.
///
/// # Errors
/// As [`open_reader`].
pub fn open_scanner(url: &DatabaseUrl, timeout: Option<Duration>) -> Result<AnyConnection> {
    let mut conn = open_reader(url)?;
    match (&mut conn, timeout) {
        (AnyConnection::Sqlite(conn), _) => conn.batch_execute(SQLITE_SCANNER),
        (AnyConnection::Postgres(conn), Some(timeout)) => {
            conn.batch_execute(&format!("SET statement_timeout = {}", timeout.as_millis()))
        }
        (AnyConnection::Postgres(_), None) => Ok(()),
    }
    .map_err(Error::unavailable)?;
    Ok(conn)
}

/// What is different for the one SQLite connection that writes. Notes of many users are pages all
/// over the file. So it caches more of them, and checkpoints less often, which writes each page once
/// for many commits. The write-ahead log grows to some 32 MB.
const SQLITE_WRITER: &str = "PRAGMA cache_size = -64000; PRAGMA wal_autocheckpoint = 8000;";

/// How long a connection to PostgreSQL waits for a lock: longer than any change holds one. An
/// operator's own `lock_timeout` (of the role, the database or the address) counts instead.
const LOCK_TIMEOUT: &str = "SELECT set_config('lock_timeout', '10s', false) \
     WHERE current_setting('lock_timeout') = '0'";

/// Opens a connection that may write: for the journal and the migrations only.
///
/// # Errors
/// `unavailable` where the database can't be reached.
pub fn open_writer(url: &DatabaseUrl) -> Result<AnyConnection> {
    let mut conn = open(url)?;
    conn.batch_execute(match conn {
        AnyConnection::Sqlite(_) => SQLITE_WRITER,
        AnyConnection::Postgres(_) => LOCK_TIMEOUT,
    })
    .map_err(Error::unavailable)?;
    Ok(conn)
}

/// Asks PostgreSQL for untranslated texts of errors, which `failure` reads, where the role may:
/// `lc_messages` takes a superuser or, since PostgreSQL 15, `GRANT SET ON PARAMETER`.
const UNTRANSLATED: &str = "DO $$ BEGIN PERFORM set_config('lc_messages', 'C', false); \
     EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;";

fn open(url: &DatabaseUrl) -> Result<AnyConnection> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let path = path.to_str().ok_or_else(|| Error::unavailable("the path is not UTF-8"))?;
            let mut conn = SqliteConnection::establish(path).map_err(Error::unavailable)?;
            conn.batch_execute(SQLITE).map_err(Error::unavailable)?;
            watch::register(&conn)?;
            Ok(AnyConnection::Sqlite(conn))
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url).map_err(Error::unavailable)?;
            // Text is UTF-8 and times are UTC, whatever the server or the role prefers.
            conn.batch_execute(
                "SET client_encoding = 'UTF8'; SET TIME ZONE 'UTC'; \
                 SET application_name = 'daybook'; SET synchronous_commit = on;",
            )
            .and_then(|()| conn.batch_execute(UNTRANSLATED))
            .map_err(Error::unavailable)?;
            Ok(AnyConnection::Postgres(conn))
        }
    }
}

/// Runs several reads on one snapshot of the database.
///
/// # Errors
/// Those of `work`.
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
