//! Drops and restores the indexes of the table of entries, so that loading ten million rows does not
//! maintain them row by row.

use daybook::db::connection::AnyConnection;
use diesel::{
    QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::Text,
};

use crate::error::Result;

/// The dropped indexes and triggers, as the statements of the migrations that make them.
pub struct DroppedIndexes {
    statements: Vec<String>,
}

#[derive(QueryableByName)]
struct Definition {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    statement: String,
}

impl DroppedIndexes {
    /// Drops the secondary indexes of the table of entries, and sets the connection up for loading.
    /// On SQLite it drops the triggers too: without an index, those that search for an equal id would
    /// scan the table.
    pub fn drop_from(conn: &mut AnyConnection) -> Result<Self> {
        let definitions: Vec<Definition> = match conn {
            AnyConnection::Sqlite(conn) => {
                // No other process uses the file, and a crash may lose it: so there is no journal. The
                // cache has room for the last page of every log.
                conn.batch_execute(
                    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; \
                     PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; \
                     PRAGMA cache_size = -6000000; PRAGMA threads = 2; PRAGMA mmap_size = 0; \
                     PRAGMA foreign_keys = OFF; PRAGMA temp_store = FILE",
                )?;
                sql_query(
                    "SELECT type AS kind, name, sql AS statement FROM sqlite_master \
                     WHERE tbl_name = 'entries' AND type IN ('index', 'trigger') AND sql IS NOT NULL \
                     ORDER BY type, rootpage",
                )
                .load(conn)?
            }
            AnyConnection::Postgres(conn) => {
                // As a replica, the session does not check references.
                conn.batch_execute(
                    "SET session_replication_role = replica; SET synchronous_commit = off; \
                     SET maintenance_work_mem = '2GB'",
                )?;
                sql_query(
                    "SELECT 'index' AS kind, indexname::text AS name, indexdef AS statement \
                     FROM pg_indexes WHERE tablename = 'entries' AND indexname <> 'entries_pkey'",
                )
                .load(conn)?
            }
        };
        for definition in &definitions {
            conn.batch_execute(&format!("DROP {} {}", definition.kind, definition.name))?;
        }
        Ok(Self {
            statements: definitions.into_iter().map(|definition| definition.statement).collect(),
        })
    }

    /// Creates all of them again, and leaves the database as if it had been idle for a while.
    pub fn restore(self, conn: &mut AnyConnection) -> Result<()> {
        for statement in self.statements {
            conn.batch_execute(&statement)?;
        }
        match conn {
            // No ANALYZE, as in production on SQLite: the plans have to be right without it.
            AnyConnection::Sqlite(conn) => {
                conn.batch_execute("PRAGMA journal_mode = WAL; PRAGMA locking_mode = NORMAL")?;
            }
            AnyConnection::Postgres(conn) => {
                conn.batch_execute("VACUUM ANALYZE")?;
                conn.batch_execute("CHECKPOINT")?;
            }
        }
        Ok(())
    }
}
