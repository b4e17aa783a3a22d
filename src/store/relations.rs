//! How users are related: who supervises whom, who may do what to whom, who may write notes.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{dsl::exists, prelude::*};

use super::{
    contains, direct,
    page::{ByText, Slice, Window, after},
    ranges::{coalesce, unindexed},
    sessions::{Who, speaks_for},
    users::UserRow,
};
use crate::{
    db::{
        AnyConnection, MultiBackend, Tx,
        schema::{group_members, group_permissions, sessions, supervisors, users},
    },
    domain::{
        group::GroupPermission,
        ids::{self, GroupId, SessionId, UserId},
        policy::{Identity, Relation},
        user::{Role, UserStatus},
    },
    error::Result,
};

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

/// Who supervises the user, in the order of their ids.
///
/// # Errors
/// Of the database.
pub fn supervisor_ids(conn: &mut AnyConnection, id: UserId) -> Result<Vec<UserId>> {
    let of_user = supervisors::table.filter(supervisors::user_id.eq(id));
    Ok(of_user.order(supervisors::supervisor_id).select(supervisors::supervisor_id).load(conn)?)
}

/// Who supervises each of the users: pairs of user and supervisor, in the order of their ids.
///
/// # Errors
/// Of the database.
pub fn supervisors_of(
    conn: &mut AnyConnection,
    users: &[UserRow],
) -> Result<Vec<(UserId, UserId)>> {
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let of_users = supervisors::table.filter(supervisors::user_id.eq_any(ids));
    Ok(of_users.order((supervisors::user_id, supervisors::supervisor_id)).load(conn)?)
}

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

/// Adds a supervisor.
///
/// # Errors
/// Of the database.
pub fn add_supervisor(tx: &mut Tx<'_>, id: UserId, supervisor: UserId) -> Result<()> {
    let row = (supervisors::user_id.eq(id), supervisors::supervisor_id.eq(supervisor));
    diesel::insert_into(supervisors::table).values(row).execute(tx.write())?;
    Ok(())
}

/// Takes a supervisor away.
///
/// # Errors
/// Of the database.
pub fn remove_supervisor(tx: &mut Tx<'_>, id: UserId, supervisor: UserId) -> Result<()> {
    diesel::delete(supervisors::table.find((id, supervisor))).execute(tx.write())?;
    Ok(())
}
