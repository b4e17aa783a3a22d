//! The table of entries without what slows down filling it: a load of ten million rows maintains
//! no secondary index row by row. What comes back are the very statements of the migrations.

use daybook::db::connection::AnyConnection;
use diesel::{
    QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::Text,
};

use crate::Result;

/// What was taken from the table.
pub struct Stripped {
    statements: Vec<String>,
}

#[derive(QueryableByName)]
struct Part {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    statement: String,
}

/// Takes the secondary indexes from the table of entries, and on SQLite its triggers, of which the
/// ones that look for an equal id would look through all of it; sets the connection to loading.
pub fn strip(conn: &mut AnyConnection) -> Result<Stripped> {
    let parts: Vec<Part> = match conn {
        AnyConnection::Sqlite(conn) => {
            // Nothing is shared and nothing has to survive a crash: no journal, and a cache that
            // holds the ends of all logs.
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
            // A replica does not check references either.
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
    for part in &parts {
        conn.batch_execute(&format!("DROP {} {}", part.kind, part.name))?;
    }
    Ok(Stripped { statements: parts.into_iter().map(|part| part.statement).collect() })
}

impl Stripped {
    /// Gives it all back, and leaves the database as one that has been at rest for a while.
    pub fn restore(self, conn: &mut AnyConnection) -> Result<()> {
        for statement in self.statements {
            conn.batch_execute(&statement)?;
        }
        match conn {
            // Without ANALYZE, which nobody runs on SQLite: the plan has to be right by itself.
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
