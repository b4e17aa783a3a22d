//! The Created By list: the users whom a note may name as its author.

use diesel::prelude::*;

use super::{
    contains,
    page::{ListQuery, PageRequest, TextPosition, page_by_text},
    unindexed::{coalesce, unindexed},
    users::UserRow,
    visible_users::active_permissions,
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::{group_permissions, users},
    },
    domain::{
        group::GroupPermission,
        ids::{self, GroupId, UserId},
        policy::{Relation, may_be_author},
        user::{Role, UserStatus},
    },
    error::Result,
};

/// The Created By list of a log as queries, one for each role that `may_be_author` allows: with any
/// relation, or with `manage_users` on the home group of the user. Each finds few users by an
/// index.
fn queries(
    conn: &mut AnyConnection,
    log: UserId,
    q: Option<&str>,
) -> Result<Vec<users::BoxedQuery<'static, MultiBackend>>> {
    let managers = managers(conn, log)?;
    let mut queries = Vec::new();
    for role in Role::ALL.iter().copied() {
        let allows = |relation| may_be_author(role, UserStatus::Active, relation);
        // Most users are active, so the index of the status would be the wrong one.
        let active = users::table.into_boxed::<MultiBackend>();
        let active = active.filter(unindexed!(users::status).eq(UserStatus::Active));
        let active = match q {
            // The caller may see the names here, but not the e-mail addresses.
            Some(q) => active.filter(users::name_key.like(contains(q)).escape('\\')),
            None => active,
        };
        if allows(Relation::default()) {
            queries.push(active.filter(users::role.eq(role)));
        } else if allows(Relation { manages: true, ..Relation::default() }) && !managers.is_empty()
        {
            let of_role = active.filter(unindexed!(users::role).eq(role));
            queries.push(of_role.filter(users::id.eq_any(managers.clone())));
        }
    }
    Ok(queries)
}

/// The users with `manage_users` on the home group of a user, if it is active.
fn managers(conn: &mut AnyConnection, id: UserId) -> Result<Vec<UserId>> {
    let home: Option<GroupId> = users::table.find(id).select(users::home_group_id).first(conn)?;
    let Some(group) = home else { return Ok(Vec::new()) };
    Ok(active_permissions!()
        .filter(group_permissions::group_id.eq(group))
        .filter(group_permissions::permission.eq(GroupPermission::ManageUsers))
        .select(group_permissions::user_id)
        .load(conn)?)
}

/// The active users who may add a note to a user's log, by name.
#[derive(Clone, Debug)]
pub struct NoteAuthorQuery {
    /// Whose log.
    pub user: UserId,
    /// Characters of the name.
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
        for query in queries(conn, self.user, self.q.as_deref())? {
            let query = page_by_text!(query, users::name_key, users::id, request);
            rows.extend(query.load::<UserRow>(conn)?);
        }
        rows.sort_by(|a, b| (&a.name_key, a.id).cmp(&(&b.name_key, b.id)));
        Ok(rows)
    }

    fn count(&self, conn: &mut AnyConnection, (): &()) -> Result<i64> {
        let queries = queries(conn, self.user, self.q.as_deref())?;
        queries.into_iter().map(|it| Ok(it.count().get_result::<i64>(conn)?)).sum()
    }

    fn position(&self, row: &Self::Row) -> Self::Position {
        TextPosition { key: row.name_key.clone(), id: row.id }
    }
}
