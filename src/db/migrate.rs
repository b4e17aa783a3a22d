//! Runs the migrations of the schema.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{
    connection::{AnyConnection, open_writer},
    failure, files,
};
use crate::{
    config::database_url::DatabaseUrl,
    error::{Error, Result},
};
use diesel::connection::SimpleConnection;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Runs the migrations that have not been run yet. Replicas that start together wait for each
/// other.
///
/// # Errors
/// `unavailable` where the database can't be reached, `internal_error` where a migration fails.
pub fn up(url: &DatabaseUrl) -> Result<()> {
    with_lock(url, |conn| {
        match conn {
            AnyConnection::Sqlite(conn) => conn.run_pending_migrations(SQLITE).map(drop),
            AnyConnection::Postgres(conn) => conn.run_pending_migrations(POSTGRES).map(drop),
        }
        .map_err(Error::internal)
    })
}

/// Reverts all migrations, which drops every table. For tests.
///
/// # Errors
/// As [`up`].
pub fn down(url: &DatabaseUrl) -> Result<()> {
    with_lock(url, |conn| {
        match conn {
            AnyConnection::Sqlite(conn) => conn.revert_all_migrations(SQLITE).map(drop),
            AnyConnection::Postgres(conn) => conn.revert_all_migrations(POSTGRES).map(drop),
        }
        .map_err(Error::internal)
    })
}

/// The key of the advisory lock, which nothing else on the server uses: the bytes of "daybook".
const LOCK: i64 = 0x64_61_79_62_6f_6f_6b;

fn with_lock(url: &DatabaseUrl, work: impl FnOnce(&mut AnyConnection) -> Result<()>) -> Result<()> {
    if let DatabaseUrl::Sqlite(path) = url {
        files::prepare(path)?;
    }
    let mut conn = open_writer(url)?;
    conn.batch_execute(&match conn {
        // The journal mode is a property of the file: setting it once is enough.
        AnyConnection::Sqlite(_) => "PRAGMA journal_mode = WAL".to_owned(),
        // Migrations take as long as they take, and others wait for them.
        AnyConnection::Postgres(_) => {
            format!("SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK})")
        }
    })
    .map_err(Error::unavailable)?;
    failure::warn_if_translated(&mut conn)?;
    work(&mut conn)
}
