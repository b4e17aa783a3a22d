//! The Created By list: the users whom a note may name as its author.

use diesel::prelude::*;

use super::{
    contains,
    page::{ByText, Slice, Window, after},
    unindexed::{coalesce, unindexed},
    users::UserRow,
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::{group_permissions, users},
    },
    domain::{
        group::GroupPermission,
        ids::{self, GroupId, UserId},
        user::{Role, UserStatus},
    },
    error::Result,
};

/// The Created By list of a log: the active users whom `policy::may_write_notes` lets, said as
/// filters: administrators, and learners with `manage_users` on the home group of its user. Each is
/// a few users of an index; nobody is among both.
fn writers(
    conn: &mut AnyConnection,
    of: UserId,
    q: Option<&str>,
) -> Result<Vec<users::BoxedQuery<'static, MultiBackend>>> {
    let home: Option<GroupId> = users::table.find(of).select(users::home_group_id).first(conn)?;
    // Not by the index of the active users, who are most.
    let active = || {
        let query = users::table.into_boxed::<MultiBackend>();
        let query = query.filter(unindexed!(users::status).eq(UserStatus::Active));
        match q {
            Some(q) => query.filter(users::search_key.like(contains(q)).escape('\\')),
            None => query,
        }
    };
    let mut writers = vec![active().filter(users::role.eq(Role::Administrator))];
    if let Some(group) = home {
        let managers: Vec<UserId> = group_permissions::table
            .filter(group_permissions::group_id.eq(group))
            .filter(group_permissions::permission.eq(GroupPermission::ManageUsers))
            .select(group_permissions::user_id)
            .load(conn)?;
        let learner = unindexed!(users::role).eq(Role::Learner);
        writers.push(active().filter(learner).filter(users::id.eq_any(managers)));
    }
    Ok(writers)
}

/// One page of the active users who may add a note to a user's log, by name.
///
/// # Errors
/// `not_found` where there is no such user.
pub fn note_writers(
    conn: &mut AnyConnection,
    of: UserId,
    q: Option<&str>,
    window: &Window<ByText<ids::User>>,
) -> Result<Slice<UserRow>> {
    let mut rows: Vec<UserRow> = Vec::new();
    for mut query in writers(conn, of, q)? {
        if let Some(at) = &window.after {
            query = after!(query, users::name_key, users::id, gt, at.key, at.id);
        }
        let query = query.order((users::name_key, users::id)).limit(window.fetch());
        rows.extend(query.load::<UserRow>(conn)?);
    }
    rows.sort_by(|a, b| (&a.name_key, a.id).cmp(&(&b.name_key, b.id)));
    Ok(Slice::cut(rows, window.limit))
}

/// How many users may add a note to a user's log.
///
/// # Errors
/// `not_found` where there is no such user.
pub fn count_note_writers(conn: &mut AnyConnection, of: UserId, q: Option<&str>) -> Result<i64> {
    let counts =
        writers(conn, of, q)?.into_iter().map(|it| Ok(it.count().get_result::<i64>(conn)?));
    counts.sum()
}
