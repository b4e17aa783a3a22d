//! The users whom a caller may see, in SQL: of one user, of a session, of pairs, and as a filter of
//! lists. The rule itself is the policy's `Act::SeeUser`; its three facts are said here alone.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{dsl::exists, prelude::*};

use super::sessions::{Who, speaks_for};
use crate::{
    db::{
        connection::AnyConnection,
        direct::direct,
        schema::{group_members, group_permissions, sessions, supervisors, users},
    },
    domain::{
        group::GroupPermission,
        ids::{SessionId, UserId},
        policy::{Identity, Reach, Relation},
        user::UserStatus,
    },
    error::Result,
};

/// Whom a list may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visible {
    /// Everybody.
    Everyone,
    /// These: few enough to be named.
    These(Vec<UserId>),
    /// Whoever is related to this user, so that he may see them: many.
    RelatedTo(UserId),
}

/// `$column` is a user who is `$id` himself, whom he supervises, who is in a group that he may view
/// the results of, or whose home group he manages.
macro_rules! related_to {
    ($column:expr, $id:expr) => {{
        use $crate::{
            db::schema::{group_members, group_permissions, supervisors, users as homes},
            domain::group::GroupPermission,
        };
        diesel::alias!(homes as home_users: HomeUsers);
        let supervised = supervisors::table
            .filter(supervisors::supervisor_id.eq($id))
            .select(supervisors::user_id);
        let viewed = group_members::table
            .inner_join(
                group_permissions::table
                    .on(group_permissions::group_id.eq(group_members::group_id)),
            )
            .filter(group_permissions::user_id.eq($id))
            .filter(group_permissions::permission.eq(GroupPermission::ViewLearnerResults))
            .select(group_members::user_id);
        let managed_groups = group_permissions::table
            .filter(group_permissions::user_id.eq($id))
            .filter(group_permissions::permission.eq(GroupPermission::ManageUsers))
            .select(group_permissions::group_id.nullable());
        let managed = home_users
            .filter(home_users.field(homes::home_group_id).eq_any(managed_groups))
            .select(home_users.field(homes::id));
        $column
            .eq($id)
            .or($column.eq_any(supervised))
            .or($column.eq_any(viewed))
            .or($column.eq_any(managed))
    }};
}
pub(crate) use related_to;

/// The most users that are named one by one.
const FEW: usize = 500;

/// Whom a list may show to a caller. A supervisor of five among many is told by five ids, which an
/// index finds; a manager of thousands by his relation, which most rows fulfil.
///
/// # Errors
/// Of the database.
pub fn visible(conn: &mut AnyConnection, reach: Reach) -> Result<Visible> {
    let id = match reach {
        Reach::Everyone => return Ok(Visible::Everyone),
        Reach::NoOne => return Ok(Visible::These(Vec::new())),
        Reach::RelatedTo(id) => id,
    };
    let mut ids = related_ids(conn, id)?;
    if ids.len() > FEW {
        return Ok(Visible::RelatedTo(id));
    }
    ids.push(id);
    ids.sort_unstable();
    ids.dedup();
    Ok(Visible::These(ids))
}

/// The users whom `id` supervises, views or manages: all of them, or more than are named.
fn related_ids(conn: &mut AnyConnection, id: UserId) -> Result<Vec<UserId>> {
    let limit = i64::try_from(FEW).unwrap_or(i64::MAX - 1) + 1;
    let mut ids: Vec<UserId> = supervisors::table
        .filter(supervisors::supervisor_id.eq(id))
        .select(supervisors::user_id)
        .limit(limit)
        .load(conn)?;
    ids.extend(
        group_permissions::table
            .inner_join(
                group_members::table.on(group_members::group_id.eq(group_permissions::group_id)),
            )
            .filter(group_permissions::user_id.eq(id))
            .filter(group_permissions::permission.eq(GroupPermission::ViewLearnerResults))
            .select(group_members::user_id)
            .limit(limit)
            .load::<UserId>(conn)?,
    );
    ids.extend(
        group_permissions::table
            .inner_join(
                users::table.on(users::home_group_id.eq(group_permissions::group_id.nullable())),
            )
            .filter(group_permissions::user_id.eq(id))
            .filter(group_permissions::permission.eq(GroupPermission::ManageUsers))
            .select(users::id)
            .limit(limit)
            .load::<UserId>(conn)?,
    );
    Ok(ids)
}

/// Whether `$caller` supervises a user of `users`, `$id`, may view his results, and manages him.
macro_rules! related {
    ($caller:expr, $id:expr) => {{
        let permitted = |permission: GroupPermission| {
            group_permissions::table
                .filter(group_permissions::user_id.eq($caller))
                .filter(group_permissions::permission.eq(permission))
        };
        let members = group_members::table;
        let views = permitted(GroupPermission::ViewLearnerResults)
            .inner_join(members.on(group_members::group_id.eq(group_permissions::group_id)))
            .filter(group_members::user_id.eq($id));
        let manages = permitted(GroupPermission::ManageUsers)
            .filter(group_permissions::group_id.nullable().eq(users::home_group_id));
        (exists(supervisors::table.find(($id, $caller))), exists(views), exists(manages))
    }};
}

/// How `caller` is related to the user; what the policy wants to know.
///
/// # Errors
/// `not_found` where there is no such user.
pub fn relation(conn: &mut AnyConnection, caller: Option<UserId>, id: UserId) -> Result<Relation> {
    let Some(caller) = caller else {
        users::table.find(id).select(users::id).first::<UserId>(conn)?;
        return Ok(Relation::default());
    };
    let query = users::table.find(id).select(related!(caller, id));
    let (supervisor, views_results, manages) = direct!(conn, query.first(conn))?;
    Ok(Relation { own: caller == id, supervisor, views_results, manages })
}

/// Who a session's token speaks for, and how he is related to a user: what [`identity`] and
/// [`relation`] say, in one query. Nothing, where one of them would refuse.
///
/// [`identity`]: super::sessions::identity
///
/// # Errors
/// Of the database.
pub fn of_session(
    conn: &mut AnyConnection,
    session: SessionId,
    caller: UserId,
    id: UserId,
) -> Result<Option<(Identity, Relation)>> {
    diesel::alias!(users as callers: Callers);
    let query = sessions::table
        .inner_join(callers.on(callers.field(users::id).eq(sessions::user_id)))
        .inner_join(users::table.on(users::id.eq(id)))
        .filter(sessions::id.eq(session).and(sessions::ended_at.is_null()))
        .filter(callers.field(users::id).eq(caller))
        .filter(callers.field(users::status).eq(UserStatus::Active))
        .select((
            callers.fields((users::given_name, users::surname, users::kind, users::role)),
            related!(caller, id),
        ));
    let found = direct!(conn, query.first::<(Who, (bool, bool, bool))>(conn)).optional()?;
    Ok(found.map(|(who, (supervisor, views_results, manages))| {
        let relation = Relation { own: caller == id, supervisor, views_results, manages };
        (speaks_for(session, caller, who), relation)
    }))
}

/// How each caller is related to a user, of pairs of both: as [`relation`] says it of one pair, in
/// one query for each kind of relation.
///
/// # Errors
/// Of the database.
pub fn relations(
    conn: &mut AnyConnection,
    pairs: &BTreeSet<(UserId, UserId)>,
) -> Result<BTreeMap<(UserId, UserId), Relation>> {
    let of =
        |(caller, user): &(UserId, UserId)| Relation { own: caller == user, ..Relation::default() };
    let mut found: BTreeMap<_, _> = pairs.iter().map(|pair| (*pair, of(pair))).collect();
    if pairs.is_empty() {
        return Ok(found);
    }
    let callers: BTreeSet<UserId> = pairs.iter().map(|(caller, _)| *caller).collect();
    let ids: BTreeSet<UserId> = pairs.iter().map(|(_, user)| *user).collect();
    let supervises = supervisors::table
        .filter(supervisors::supervisor_id.eq_any(&callers).and(supervisors::user_id.eq_any(&ids)))
        .select((supervisors::supervisor_id, supervisors::user_id));
    let permitted = |permission: GroupPermission| {
        group_permissions::table
            .filter(group_permissions::user_id.eq_any(&callers))
            .filter(group_permissions::permission.eq(permission))
    };
    let members = group_members::table;
    let views = permitted(GroupPermission::ViewLearnerResults)
        .inner_join(members.on(group_members::group_id.eq(group_permissions::group_id)))
        .filter(group_members::user_id.eq_any(&ids))
        .select((group_permissions::user_id, group_members::user_id))
        .distinct();
    let at_home = users::home_group_id.eq(group_permissions::group_id.nullable());
    let manages = permitted(GroupPermission::ManageUsers)
        .inner_join(users::table.on(at_home))
        .filter(users::id.eq_any(&ids))
        .select((group_permissions::user_id, users::id));
    // Not every caller was asked of every user.
    let mut mark = |rows: Vec<(UserId, UserId)>, set: fn(&mut Relation)| {
        for pair in rows {
            found.entry(pair).and_modify(set);
        }
    };
    mark(direct!(conn, supervises.load(conn))?, |it| it.supervisor = true);
    mark(direct!(conn, views.load(conn))?, |it| it.views_results = true);
    mark(direct!(conn, manages.load(conn))?, |it| it.manages = true);
    Ok(found)
}
