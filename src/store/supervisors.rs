//! The supervisors of users.

use diesel::prelude::*;

use super::users::UserRow;
use crate::{
    db::{connection::AnyConnection, schema::supervisors},
    domain::ids::UserId,
    error::Result,
    journal::tx::Tx,
};

/// The supervisors of a user, in the order of their ids.
pub fn supervisor_ids(conn: &mut AnyConnection, id: UserId) -> Result<Vec<UserId>> {
    let of_user = supervisors::table.filter(supervisors::user_id.eq(id));
    Ok(of_user.order(supervisors::supervisor_id).select(supervisors::supervisor_id).load(conn)?)
}

/// The supervisors of several users: pairs of user and supervisor, in the order of their ids.
pub fn supervisors_of(
    conn: &mut AnyConnection,
    users: &[UserRow],
) -> Result<Vec<(UserId, UserId)>> {
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let of_users = supervisors::table.filter(supervisors::user_id.eq_any(ids));
    Ok(of_users.order((supervisors::user_id, supervisors::supervisor_id)).load(conn)?)
}

/// Adds a supervisor.
pub fn add_supervisor(tx: &mut Tx<'_>, id: UserId, supervisor: UserId) -> Result<()> {
    let row = (supervisors::user_id.eq(id), supervisors::supervisor_id.eq(supervisor));
    diesel::insert_into(supervisors::table).values(row).execute(tx.write())?;
    Ok(())
}

/// Removes a supervisor.
pub fn remove_supervisor(tx: &mut Tx<'_>, id: UserId, supervisor: UserId) -> Result<()> {
    diesel::delete(supervisors::table.find((id, supervisor))).execute(tx.write())?;
    Ok(())
}
