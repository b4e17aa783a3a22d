//! The users whom a caller may see, in SQL: of one user, of a session, of pairs, and as a filter of
//! lists. The rule is the policy's `Act::SeeUser`; its three facts stand here alone.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{dsl::exists, prelude::*};

use super::sessions::{IdentityColumns, session_identity};
use crate::{
    db::{
        connection::AnyConnection,
        direct::direct,
        schema::{sessions, users},
    },
    domain::{
        identity::Identity,
        ids::{SessionId, UserId},
        policy::{Relation, Subject, Visibility},
        user::{Role, UserStatus},
    },
    error::Result,
};

/// The users whom a list may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VisibleUsers {
    /// All of them.
    Everyone,
    /// These: at most 500 and the caller.
    These(Vec<UserId>),
    /// The caller, and the many users who are related to them.
    RelatedTo(UserId),
}

/// The most users who are named one by one.
const NAMED_MAX: usize = 500;

// Users in other parts of a query than its own: those whose home group somebody manages, and the
// callers. Only aliases of one declaration can be in one query.
diesel::alias! {
    pub(crate) const MANAGED_USERS: Alias<ManagedUsers> = users as managed_users;
    const CALLERS: Alias<Callers> = users as callers;
}

/// The fact that a caller supervises a user. As each of the three facts, it is a query of pairs,
/// with the column of the caller and the column of the user.
macro_rules! supervises {
    () => {{
        use $crate::db::schema::supervisors;
        (supervisors::table, supervisors::supervisor_id, supervisors::user_id)
    }};
}

/// The permissions on groups that count: those on active groups.
macro_rules! active_permissions {
    () => {{
        use $crate::{
            db::schema::{group_permissions, groups},
            domain::group::GroupStatus,
        };
        let active =
            groups::id.eq(group_permissions::group_id).and(groups::status.eq(GroupStatus::Active));
        group_permissions::table.inner_join(groups::table.on(active))
    }};
}

/// The fact that a caller may view the results of a user: the permission is on any of their groups.
macro_rules! views_results {
    () => {{
        use $crate::{
            db::schema::{group_members, group_permissions},
            domain::group::GroupPermission,
        };
        let pairs = $crate::store::visible_users::active_permissions!()
            .inner_join(
                group_members::table.on(group_members::group_id.eq(group_permissions::group_id)),
            )
            .filter(group_permissions::permission.eq(GroupPermission::ViewLearnerResults));
        (pairs, group_permissions::user_id, group_members::user_id)
    }};
}

/// The fact that a caller manages a user: the permission is on their home group, and on no other.
macro_rules! manages {
    () => {{
        use $crate::{
            db::schema::{group_permissions, users as homes},
            domain::group::GroupPermission,
            store::visible_users::MANAGED_USERS,
        };
        let home = MANAGED_USERS.field(homes::home_group_id);
        let pairs = $crate::store::visible_users::active_permissions!()
            .inner_join(MANAGED_USERS.on(home.eq(group_permissions::group_id.nullable())))
            .filter(group_permissions::permission.eq(GroupPermission::ManageUsers));
        (pairs, group_permissions::user_id, MANAGED_USERS.field(homes::id))
    }};
}
pub(crate) use {active_permissions, manages, supervises, views_results};

/// `$column` is the user `$id` themselves, or a user who is related to them by one of the facts.
macro_rules! related_to {
    ($column:expr, $id:expr) => {{
        use $crate::store::visible_users::{manages, supervises, views_results};
        let (pairs, caller, user) = supervises!();
        let supervised = pairs.filter(caller.eq($id)).select(user);
        let (pairs, caller, user) = views_results!();
        let viewed = pairs.filter(caller.eq($id)).select(user);
        let (pairs, caller, user) = manages!();
        let managed = pairs.filter(caller.eq($id)).select(user);
        $column
            .eq($id)
            .or($column.eq_any(supervised))
            .or($column.eq_any(viewed))
            .or($column.eq_any(managed))
    }};
}
pub(crate) use related_to;

/// The users whom a list may show to a caller. A few are named, since an index finds their ids.
/// Many are described by their relation, since most rows fulfil it.
pub fn find(conn: &mut AnyConnection, visibility: Visibility) -> Result<VisibleUsers> {
    let id = match visibility {
        Visibility::Everyone => return Ok(VisibleUsers::Everyone),
        Visibility::NoOne => return Ok(VisibleUsers::These(Vec::new())),
        Visibility::RelatedTo(id) => id,
    };
    let mut ids = related_ids(conn, id)?;
    if ids.len() > NAMED_MAX {
        return Ok(VisibleUsers::RelatedTo(id));
    }
    ids.push(id);
    ids.sort_unstable();
    ids.dedup();
    Ok(VisibleUsers::These(ids))
}

/// The users whom `id` supervises, views or manages: all of them, or more than [`NAMED_MAX`].
fn related_ids(conn: &mut AnyConnection, id: UserId) -> Result<Vec<UserId>> {
    let limit = i64::try_from(NAMED_MAX).unwrap_or(i64::MAX - 1) + 1;
    let mut ids: Vec<UserId> = Vec::new();
    let (pairs, caller, user) = supervises!();
    ids.extend(pairs.filter(caller.eq(id)).select(user).limit(limit).load::<UserId>(conn)?);
    let (pairs, caller, user) = views_results!();
    ids.extend(pairs.filter(caller.eq(id)).select(user).limit(limit).load::<UserId>(conn)?);
    let (pairs, caller, user) = manages!();
    ids.extend(pairs.filter(caller.eq(id)).select(user).limit(limit).load::<UserId>(conn)?);
    Ok(ids)
}

/// Whether each fact is true of the caller `$caller` and the user `$id`.
macro_rules! facts {
    ($caller:expr, $id:expr) => {{
        let (pairs, caller, user) = supervises!();
        let supervises = exists(pairs.filter(caller.eq($caller)).filter(user.eq($id)));
        let (pairs, caller, user) = views_results!();
        let views_results = exists(pairs.filter(caller.eq($caller)).filter(user.eq($id)));
        let (pairs, caller, user) = manages!();
        let manages = exists(pairs.filter(caller.eq($caller)).filter(user.eq($id)));
        (supervises, views_results, manages)
    }};
}

/// The user as the subject of what `caller` wants to do, for the policy.
///
/// # Errors
/// `not_found` where there is no such user.
pub fn subject(conn: &mut AnyConnection, caller: Option<UserId>, id: UserId) -> Result<Subject> {
    let Some(caller) = caller else {
        let role = users::table.find(id).select(users::role).first(conn)?;
        return Ok(Subject { relation: Relation::default(), role });
    };
    type Row = (Role, (bool, bool, bool));
    let query = users::table.find(id).select((users::role, facts!(caller, id)));
    let (role, (supervisor, views_results, manages)) = direct!(conn, query.first::<Row>(conn))?;
    let relation = Relation { own: caller == id, supervisor, views_results, manages };
    Ok(Subject { relation, role })
}

/// The relation of `caller` to the user.
///
/// # Errors
/// `not_found` where there is no such user.
pub fn relation(conn: &mut AnyConnection, caller: Option<UserId>, id: UserId) -> Result<Relation> {
    Ok(subject(conn, caller, id)?.relation)
}

/// The caller of a session's token and their relation to a user: [`identity`] and [`relation`] in
/// one query. `None` where one of them returns an error.
///
/// [`identity`]: super::sessions::identity
pub fn identity_and_relation(
    conn: &mut AnyConnection,
    session: SessionId,
    caller: UserId,
    id: UserId,
) -> Result<Option<(Identity, Relation)>> {
    let query = sessions::table
        .inner_join(CALLERS.on(CALLERS.field(users::id).eq(sessions::user_id)))
        .inner_join(users::table.on(users::id.eq(id)))
        .filter(sessions::id.eq(session).and(sessions::ended_at.is_null()))
        .filter(CALLERS.field(users::id).eq(caller))
        .filter(CALLERS.field(users::status).eq(UserStatus::Active))
        .select((
            CALLERS.fields((users::given_name, users::surname, users::kind, users::role)),
            facts!(caller, id),
        ));
    type Row = (IdentityColumns, (bool, bool, bool));
    let found = direct!(conn, query.first::<Row>(conn)).optional()?;
    Ok(found.map(|(columns, (supervisor, views_results, manages))| {
        let relation = Relation { own: caller == id, supervisor, views_results, manages };
        (session_identity(session, caller, columns), relation)
    }))
}

/// The [`relation`] of each pair of caller and user, in one query for each fact.
pub fn relations(
    conn: &mut AnyConnection,
    pairs: &BTreeSet<(UserId, UserId)>,
) -> Result<BTreeMap<(UserId, UserId), Relation>> {
    let mut found: BTreeMap<(UserId, UserId), Relation> = pairs
        .iter()
        .map(|pair| (*pair, Relation { own: pair.0 == pair.1, ..Relation::default() }))
        .collect();
    if found.is_empty() {
        return Ok(found);
    }
    let callers: BTreeSet<UserId> = pairs.iter().map(|(caller, _)| *caller).collect();
    let ids: BTreeSet<UserId> = pairs.iter().map(|(_, user)| *user).collect();
    // The queries find pairs of each caller with each user, also those that nobody asks for.
    let mut mark = |rows: Vec<(UserId, UserId)>, set: fn(&mut Relation)| {
        for pair in rows {
            found.entry(pair).and_modify(set);
        }
    };
    macro_rules! load {
        ($fact:expr) => {{
            let (pairs, caller, user) = $fact;
            let query = pairs
                .filter(caller.eq_any(&callers))
                .filter(user.eq_any(&ids))
                .select((caller, user))
                .distinct();
            direct!(conn, query.load(conn))?
        }};
    }
    mark(load!(supervises!()), |it| it.supervisor = true);
    mark(load!(views_results!()), |it| it.views_results = true);
    mark(load!(manages!()), |it| it.manages = true);
    Ok(found)
}
