//! How entries get into their table: the fastest way that each database has for many rows, with a
//! statement that stays prepared however many there are.
//!
//! SQLite takes them row by row, PostgreSQL as arrays.

use std::collections::BTreeSet;

use diesel::{SqliteConnection, prelude::*};

use super::{
    array_insert::{ArrayInsert, ArrayInsertNew},
    row::EntryRow,
};
use crate::{
    db::{connection::AnyConnection, schema::entries},
    domain::ids::EntryId,
};

/// Rows in one statement: their arrays are a few megabytes at most.
const ROWS: usize = 1000;

/// Inserts entries.
pub(crate) fn insert(conn: &mut AnyConnection, rows: &[&EntryRow]) -> QueryResult<()> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            for row in rows {
                diesel::insert_into(entries::table).values(*row).execute(conn)?;
            }
        }
        AnyConnection::Postgres(conn) => {
            for rows in rows.chunks(ROWS) {
                match rows {
                    // Most changes have one entry.
                    [row] => diesel::insert_into(entries::table).values(*row).execute(conn)?,
                    rows => ArrayInsert::new(rows).execute(conn)?,
                };
            }
        }
    }
    Ok(())
}

/// Inserts the entries whose `external_id` is new, and returns their ids.
///
/// On PostgreSQL another replica may be writing the same one at this moment: this waits for its
/// outcome. SQLite has one writer, which sees what exists before it writes; a trigger refuses any
/// other way.
pub(crate) fn insert_new(
    conn: &mut AnyConnection,
    rows: &[&EntryRow],
) -> QueryResult<BTreeSet<EntryId>> {
    let mut written = BTreeSet::new();
    match conn {
        AnyConnection::Sqlite(conn) => {
            let existing = existing_external_ids(conn, rows)?;
            let is_new = |row: &&&EntryRow| {
                row.external_id.as_deref().is_none_or(|id| !existing.contains(id))
            };
            for row in rows.iter().filter(is_new) {
                diesel::insert_into(entries::table).values(*row).execute(conn)?;
                written.insert(row.id);
            }
        }
        AnyConnection::Postgres(conn) => {
            for rows in rows.chunks(ROWS) {
                let statement = ArrayInsertNew(ArrayInsert::new(rows));
                written.extend(statement.get_results::<EntryId>(conn)?);
            }
        }
    }
    Ok(written)
}

/// Ids that are looked up in one statement.
const IDS: usize = 500;

/// Which of the rows' external ids are in the log already.
fn existing_external_ids(
    conn: &mut SqliteConnection,
    rows: &[&EntryRow],
) -> QueryResult<BTreeSet<String>> {
    let mut existing = BTreeSet::new();
    let ids: Vec<&str> = rows.iter().filter_map(|row| row.external_id.as_deref()).collect();
    for ids in ids.chunks(IDS) {
        // The condition lets the planner use the partial index.
        let found = entries::table
            .filter(entries::external_id.is_not_null().and(entries::external_id.eq_any(ids)))
            .select(entries::external_id.assume_not_null());
        existing.extend(found.load::<String>(conn)?);
    }
    Ok(existing)
}
