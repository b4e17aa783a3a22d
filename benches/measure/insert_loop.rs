//! The limit of batches on SQLite: a prepared INSERT in a loop, by rusqlite.

use daybook::{domain::timestamp::Timestamp, journal::entry::row::EntryRow};
use rusqlite::{Connection, params};

use crate::error::Result;

const INSERT: &str = "INSERT INTO entries (user_id, occurred_at, id, recorded_at, action, source, \
     created_by_id, created_by_name, created_by_kind, entered_by_id, entered_by_name, \
     entered_by_kind, relates_to, description, target_type, target_id, target_name, changes, \
     external_id, notes, revision, edited_at, edited_by_id, edited_by_name, edited_by_kind, \
     search_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Opens a database with the settings of the service's writer; see `src/db/connection.rs`.
pub fn open(url: &str) -> Result<Connection> {
    let conn = Connection::open(url.trim_start_matches("sqlite://"))?;
    conn.execute_batch(
        "PRAGMA busy_timeout = 30000; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; \
         PRAGMA mmap_size = 8589934592; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(conn)
}

/// Inserts rows in one durable transaction.
pub fn insert(conn: &mut Connection, rows: &[EntryRow]) -> Result<()> {
    let micros = |time: Timestamp| time.millis() * 1_000;
    let transaction = conn.transaction()?;
    let mut statement = transaction.prepare_cached(INSERT)?;
    for row in rows {
        statement.execute(params![
            row.user_id.as_bytes(),
            micros(row.occurred_at),
            row.id.as_bytes(),
            micros(row.recorded_at),
            row.action.as_str(),
            row.source.as_str(),
            row.created_by_id.as_ref().map(|it| it.as_bytes()),
            row.created_by_name,
            row.created_by_kind.map(|it| it.as_str()),
            row.entered_by_id.as_ref().map(|it| it.as_bytes()),
            row.entered_by_name,
            row.entered_by_kind.map(|it| it.as_str()),
            row.relates_to.as_ref().map(|it| it.as_bytes()),
            row.description,
            row.target_type.map(|it| it.as_str()),
            row.target_id.as_ref().map(|it| it.as_bytes()),
            row.target_name,
            row.changes,
            row.external_id,
            row.notes,
            row.revision,
            row.edited_at.map(micros),
            row.edited_by_id.as_ref().map(|it| it.as_bytes()),
            row.edited_by_name,
            row.edited_by_kind.map(|it| it.as_str()),
            row.search_key,
        ])?;
    }
    drop(statement);
    Ok(transaction.commit()?)
}
