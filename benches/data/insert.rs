//! Inserts many rows at once.

use daybook::{
    db::{
        connection::AnyConnection,
        schema::{entries, users},
    },
    journal::{
        entry::row::EntryRow,
        records::{append::append, new_record::NewRecord, sequencer::sequence},
    },
    store::users::UserRow,
};
use diesel::{ExecuteCopyFromDsl, RunQueryDsl, connection::SimpleConnection};

use crate::error::Result;

/// Runs the work in one transaction; an error ends the program, and with it the transaction.
pub fn transaction(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<()>,
) -> Result<()> {
    conn.batch_execute("BEGIN")?;
    work(conn)?;
    Ok(conn.batch_execute("COMMIT")?)
}

/// Inserts rows into a table, many with one statement, in one transaction.
macro_rules! fill {
    ($conn:expr, $table:expr, $rows:expr) => {{
        use diesel::connection::Connection;
        let rows = $rows;
        match $conn {
            AnyConnection::Sqlite(conn) => conn.immediate_transaction(|conn| {
                for rows in rows.chunks(100) {
                    diesel::insert_into($table).values(rows).execute(conn)?;
                }
                diesel::QueryResult::Ok(())
            })?,
            AnyConnection::Postgres(conn) => conn.transaction(|conn| {
                for rows in rows.chunks(1_000) {
                    diesel::insert_into($table).values(rows).execute(conn)?;
                }
                diesel::QueryResult::Ok(())
            })?,
        }
    }};
}
pub(crate) use fill;

/// Adds the records of entries to the ledger, as the journal does when it writes entries.
pub fn record(conn: &mut AnyConnection, entries: &[EntryRow]) -> Result<()> {
    let rows: Vec<&EntryRow> = entries.iter().collect();
    let records = NewRecord::from_entries(&rows).map_err(|error| error.to_string())?;
    Ok(append(conn, &records).map_err(|error| error.to_string())?)
}

/// Gives the records that wait for it their positions, on PostgreSQL.
pub fn settle(conn: &mut AnyConnection) -> Result<()> {
    let mut more = matches!(conn, AnyConnection::Postgres(_));
    while more {
        transaction(conn, |conn| {
            more = sequence(conn).map_err(|error| error.to_string())?.more;
            Ok(())
        })?;
    }
    Ok(())
}

/// Inserts users and entries, by COPY on PostgreSQL.
pub fn insert(conn: &mut AnyConnection, users: &[UserRow], entries: &[EntryRow]) -> Result<()> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            // One by one: a statement with one row stays prepared, one with many rows does not.
            for row in users {
                diesel::insert_into(users::table).values(row).execute(conn)?;
            }
            for row in entries {
                diesel::insert_into(entries::table).values(row).execute(conn)?;
            }
        }
        AnyConnection::Postgres(conn) => {
            for rows in users.chunks(1_000) {
                diesel::insert_into(users::table).values(rows).execute(conn)?;
            }
            if !entries.is_empty() {
                diesel::copy_from(entries::table).from_insertable(entries).execute(conn)?;
            }
        }
    }
    Ok(())
}
