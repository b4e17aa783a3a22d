//! Fills a database with a platform of 50,000 users, 1,000 groups and 1,000,000 entries.

use std::time::Instant;

use daybook::{
    config::database_url::DatabaseUrl,
    db::{
        connection::{AnyConnection, open_writer},
        migrate,
        schema::{groups, users},
    },
    domain::user::{Role, UserKind, UserStatus},
    store::users::UserRow,
};
use diesel::{RunQueryDsl, connection::SimpleConnection};

use crate::{
    data::{
        ids::numbered_id,
        insert::{fill, insert, record, settle, transaction},
        random::{FIRST_MILLIS, Random, timestamp},
        users::{password_hash, user_row},
    },
    error::Result,
    output::print,
    platform::{
        groups::{GROUPS, group_rows, home_group, insert_memberships},
        learning::{insert_catalogue, insert_learning},
        log::{ENTRIES, log_entry},
        people::{ADMINISTRATOR, API_ACCOUNT, CALLERS, USERS},
    },
};

/// Fills an empty database. The rows bypass the service; the journal makes their records.
pub fn seed(url: &DatabaseUrl) -> Result<()> {
    let begun = Instant::now();
    migrate::up(url).map_err(|error| error.to_string())?;
    let mut conn = open_writer(url).map_err(|error| error.to_string())?;
    let conn = &mut conn;
    if let AnyConnection::Sqlite(conn) = conn {
        conn.batch_execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000")?;
    }
    fill!(conn, groups::table, group_rows());
    let users = user_rows()?;
    fill!(conn, users::table, &users);
    insert_memberships(conn, &users)?;
    insert_catalogue(conn)?;
    insert_learning(conn, &users)?;
    let mut random = Random(2);
    for from in (0..ENTRIES).step_by(20_000) {
        let rows: Vec<_> =
            (from..from + 20_000).map(|number| log_entry(&mut random, &users, number)).collect();
        transaction(conn, |conn| {
            insert(conn, &[], &rows)?;
            record(conn, &rows)
        })?;
        settle(conn)?;
    }
    match conn {
        // No ANALYZE, as in production on SQLite: the plans have to be right without it.
        AnyConnection::Sqlite(conn) => conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?,
        AnyConnection::Postgres(conn) => conn.batch_execute("VACUUM ANALYZE")?,
    }
    print(&format!(
        "{USERS} users, {GROUPS} groups, {ENTRIES} entries in {:.0?}\n",
        begun.elapsed()
    ))
}

fn user_rows() -> Result<Vec<UserRow>> {
    let hash = password_hash()?;
    let row = |number| {
        let mut row = user_row(number)?;
        row.created_at = timestamp(FIRST_MILLIS + number);
        row.home_group_id = Some(numbered_id(home_group(number)));
        if CALLERS.contains(&number) {
            row.password_hash = Some(hash.clone());
        } else if number % 20 == 7 {
            row.status = UserStatus::Inactive;
        }
        if number == ADMINISTRATOR || number % 10_000 == 1 {
            row.role = Role::Administrator;
        }
        if number == API_ACCOUNT || number % 5_000 == 3 {
            row.kind = UserKind::Api;
        }
        Ok(row)
    };
    (0..USERS).map(row).collect()
}
