//! Locks on users, which last until the transaction ends. SQLite has one writer and needs none.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{locked, users::UserRow};
use crate::{
    db::{connection::AnyConnection, schema::users},
    domain::ids::UserId,
    error::Result,
    journal::tx::Tx,
};

/// Locks a user (`FOR NO KEY UPDATE`), and returns the row: changes of one user run one at a time.
///
/// # Errors
/// `not_found`.
pub fn lock_exclusive(tx: &mut Tx<'_>, id: UserId) -> Result<UserRow> {
    Ok(locked!(tx, users::table.find(id))?)
}

/// Locks users as [`lock_exclusive`] does, in the order of their ids. Everybody who locks many uses
/// this order, so that no deadlock arises. Unknown ids are skipped.
pub fn lock_all_exclusive(tx: &mut Tx<'_>, ids: &[UserId]) -> Result<Vec<UserRow>> {
    let rows = users::table.filter(users::id.eq_any(ids.to_vec())).order(users::id);
    Ok(match tx.read() {
        AnyConnection::Sqlite(conn) => rows.load(conn),
        AnyConnection::Postgres(conn) => rows.for_no_key_update().load(conn),
    }?)
}

/// Locks a user against changes (`FOR SHARE`). Others may do the same at the same time.
///
/// # Errors
/// `not_found`.
pub fn lock_shared(tx: &mut Tx<'_>, id: UserId) -> Result<()> {
    let query = users::table.find(id).select(users::id);
    match tx.read() {
        AnyConnection::Sqlite(conn) => query.first::<UserId>(conn),
        AnyConnection::Postgres(conn) => query.for_share().first(conn),
    }?;
    Ok(())
}

/// Locks users as [`lock_shared`] does, and returns the ids of those that it locked. It waits for
/// nobody (`SKIP LOCKED`), so that no deadlock arises. It skips unknown ids and users whom
/// somebody else is changing.
pub fn lock_shared_skipping(tx: &mut Tx<'_>, ids: &BTreeSet<UserId>) -> Result<BTreeSet<UserId>> {
    let query = users::table.filter(users::id.eq_any(ids)).select(users::id);
    let locked: Vec<UserId> = match tx.read() {
        AnyConnection::Sqlite(conn) => query.load(conn),
        AnyConnection::Postgres(conn) => query.for_share().skip_locked().load(conn),
    }?;
    Ok(locked.into_iter().collect())
}
