//! The Created By list: the users whom a note may name as its author.

use diesel::prelude::*;

use super::{
    contains,
    page::{ListQuery, PageRequest, TextPosition, page_by_text},
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

/// The active users who may add a note to a user's log, by name.
#[derive(Clone, Debug)]
pub struct NoteAuthorQuery {
    /// Whose log.
    pub user: UserId,
    /// Characters of name or e-mail.
    pub q: Option<String>,
}

impl ListQuery for NoteAuthorQuery {
    type Scope = ();
    type Row = UserRow;
    type Position = TextPosition<ids::User>;

    fn rows(
        &self,
        conn: &mut AnyConnection,
        (): &(),
        request: &PageRequest<Self::Position>,
    ) -> Result<Vec<Self::Row>> {
        let mut rows: Vec<UserRow> = Vec::new();
        for query in writers(conn, self.user, self.q.as_deref())? {
            let query = page_by_text!(query, users::name_key, users::id, request);
            rows.extend(query.load::<UserRow>(conn)?);
        }
        rows.sort_by(|a, b| (&a.name_key, a.id).cmp(&(&b.name_key, b.id)));
        Ok(rows)
    }

    fn count(&self, conn: &mut AnyConnection, (): &()) -> Result<i64> {
        let writers = writers(conn, self.user, self.q.as_deref())?;
        writers.into_iter().map(|it| Ok(it.count().get_result::<i64>(conn)?)).sum()
    }

    fn position(&self, row: &Self::Row) -> Self::Position {
        TextPosition { key: row.name_key.clone(), id: row.id }
    }
}
