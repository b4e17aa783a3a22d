//! Users who are held until a transaction ends, each in the way that it needs.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{locked, users::UserRow};
use crate::{
    db::{connection::AnyConnection, schema::users},
    domain::ids::UserId,
    error::Result,
    journal::tx::Tx,
};

/// The user of an id, held until the transaction ends: changes of one user come one after another.
///
/// # Errors
/// `not_found`.
pub fn lock(tx: &mut Tx<'_>, id: UserId) -> Result<UserRow> {
    Ok(locked!(tx, users::table.find(id))?)
}

/// The users of ids, held until the transaction ends, in the order of their ids: all who hold many
/// hold them in one order, so that none waits in a circle.
///
/// # Errors
/// Of the database.
pub fn lock_all(tx: &mut Tx<'_>, ids: &[UserId]) -> Result<Vec<UserRow>> {
    let rows = users::table.filter(users::id.eq_any(ids.to_vec())).order(users::id);
    Ok(match tx.read() {
        AnyConnection::Sqlite(conn) => rows.load(conn),
        AnyConnection::Postgres(conn) => rows.for_no_key_update().load(conn),
    }?)
}

/// Keeps a user as he is until the transaction ends: whoever changes him waits, and others who do
/// no more than this do not.
///
/// # Errors
/// `not_found`.
pub fn hold(tx: &mut Tx<'_>, id: UserId) -> Result<()> {
    let query = users::table.find(id).select(users::id);
    match tx.read() {
        AnyConnection::Sqlite(conn) => query.first::<UserId>(conn),
        AnyConnection::Postgres(conn) => query.for_share().first(conn),
    }?;
    Ok(())
}

/// The users of ids who can be held at once, as [`hold`] does it: who
/// is being changed by somebody else at this moment is not waited for, so that nobody waits in a
/// circle; he is not among them, as one who does not exist is not.
///
/// # Errors
/// Of the database.
pub fn hold_at_once(tx: &mut Tx<'_>, ids: &BTreeSet<UserId>) -> Result<BTreeSet<UserId>> {
    let query = users::table.filter(users::id.eq_any(ids)).select(users::id);
    let held: Vec<UserId> = match tx.read() {
        AnyConnection::Sqlite(conn) => query.load(conn),
        AnyConnection::Postgres(conn) => query.for_share().skip_locked().load(conn),
    }?;
    Ok(held.into_iter().collect())
}
