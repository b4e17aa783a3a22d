//! Putting many rows into tables.

use daybook::db::connection::AnyConnection;
use diesel::connection::SimpleConnection;

use crate::Result;

/// Does something in one transaction.
pub fn transaction(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<()>,
) -> Result<()> {
    conn.batch_execute("BEGIN")?;
    work(conn)?;
    Ok(conn.batch_execute("COMMIT")?)
}

/// Puts rows into a table, many with one statement.
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
