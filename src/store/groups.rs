//! Groups, their members, and what they may do.

use diesel::prelude::*;

use super::{contains, locked, page::list_by_search_key, plans::PlanRow};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::{group_members, group_permissions, group_plans, groups, learning_plans},
    },
    domain::{
        entry::{Target, TargetType},
        group::{GroupPermission, GroupStatus},
        ids::{self, GroupId, PlanId, UserId},
        text::fold,
        timestamp::Timestamp,
    },
    error::Result,
    journal::tx::Tx,
};

/// One group, as it is stored.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = groups)]
#[allow(missing_docs, reason = "the columns")]
pub struct GroupRow {
    pub id: GroupId,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub name: String,
    pub search_key: String,
    pub status: GroupStatus,
}

impl GroupRow {
    /// As entries name it.
    pub fn target(&self) -> Target {
        Target { target_type: TargetType::Group, id: self.id.any(), name: self.name.clone() }
    }
}

/// The group of an id.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, id: GroupId) -> Result<GroupRow> {
    Ok(groups::table.find(id).first(conn)?)
}

/// The group of an id, locked until the transaction ends, so that its members change one by one.
///
/// # Errors
/// `not_found`.
pub fn lock(tx: &mut Tx<'_>, id: GroupId) -> Result<GroupRow> {
    Ok(locked!(tx, groups::table.find(id))?)
}

/// Locks a group, if there is one, until the transaction ends. Who locks a user too locks the group
/// first, so that two transactions never wait for each other.
pub fn lock_exclusive_if_any(tx: &mut Tx<'_>, id: GroupId) -> Result<()> {
    locked!(tx, groups::table.find(id)).optional().map(|_: Option<GroupRow>| ())?;
    Ok(())
}

/// The groups of a name, without regard to case: two at most, which says that it is ambiguous.
pub fn named(conn: &mut AnyConnection, name: &str) -> Result<Vec<GroupId>> {
    let named = groups::table.filter(groups::search_key.eq(fold(name)));
    Ok(named.order(groups::id).select(groups::id).limit(2).load(conn)?)
}

/// The list of groups, by name.
#[derive(Clone, Debug, Default)]
pub struct GroupQuery {
    /// Characters of the name.
    pub q: Option<String>,
    /// In use or not.
    pub status: Option<GroupStatus>,
}

impl GroupQuery {
    fn filtered(&self) -> groups::BoxedQuery<'static, MultiBackend> {
        let mut query = groups::table.into_boxed::<MultiBackend>();
        if let Some(q) = &self.q {
            query = query.filter(groups::search_key.like(contains(q)).escape('\\'));
        }
        if let Some(status) = self.status {
            query = query.filter(groups::status.eq(status));
        }
        query
    }
}

list_by_search_key!(GroupQuery, groups, GroupRow, ids::Group);

/// Adds a group.
pub fn insert(tx: &mut Tx<'_>, row: &GroupRow) -> Result<()> {
    diesel::insert_into(groups::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Writes the group's fields with the next version.
pub fn update(tx: &mut Tx<'_>, row: &mut GroupRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    row.search_key = fold(&row.name);
    diesel::update(groups::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Whether a user is a member.
pub fn is_member(conn: &mut AnyConnection, group: GroupId, user: UserId) -> Result<bool> {
    let row = group_members::table.find((group, user)).select(group_members::user_id);
    Ok(row.first::<UserId>(conn).optional()?.is_some())
}

/// The members after a user, in the order of their ids.
pub fn members(
    conn: &mut AnyConnection,
    group: GroupId,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<UserId>> {
    let mut query =
        group_members::table.filter(group_members::group_id.eq(group)).into_boxed::<MultiBackend>();
    if let Some(user) = after {
        query = query.filter(group_members::user_id.gt(user));
    }
    let query = query.order(group_members::user_id).limit(limit);
    Ok(query.select(group_members::user_id).load(conn)?)
}

/// Makes a user a member.
pub fn add_member(tx: &mut Tx<'_>, group: GroupId, user: UserId) -> Result<()> {
    let row = (group_members::group_id.eq(group), group_members::user_id.eq(user));
    diesel::insert_into(group_members::table).values(row).execute(tx.write())?;
    Ok(())
}

/// Ends a membership. Its permissions have to be revoked before.
pub fn remove_member(tx: &mut Tx<'_>, group: GroupId, user: UserId) -> Result<()> {
    diesel::delete(group_members::table.find((group, user))).execute(tx.write())?;
    Ok(())
}

/// The permissions of a member, in alphabetical order.
pub fn permissions(
    conn: &mut AnyConnection,
    group: GroupId,
    user: UserId,
) -> Result<Vec<GroupPermission>> {
    let of_member = group_permissions::table
        .filter(group_permissions::user_id.eq(user).and(group_permissions::group_id.eq(group)));
    Ok(of_member
        .order(group_permissions::permission)
        .select(group_permissions::permission)
        .load(conn)?)
}

/// Gives a member a permission.
pub fn grant(
    tx: &mut Tx<'_>,
    group: GroupId,
    user: UserId,
    permission: GroupPermission,
) -> Result<()> {
    let row = (
        group_permissions::user_id.eq(user),
        group_permissions::permission.eq(permission),
        group_permissions::group_id.eq(group),
    );
    diesel::insert_into(group_permissions::table).values(row).execute(tx.write())?;
    Ok(())
}

/// Takes a permission from a member.
pub fn revoke(
    tx: &mut Tx<'_>,
    group: GroupId,
    user: UserId,
    permission: GroupPermission,
) -> Result<()> {
    let row = group_permissions::table.find((user, permission, group));
    diesel::delete(row).execute(tx.write())?;
    Ok(())
}

/// Whether an attached plan is assigned automatically; none if the group does not have it.
pub fn attached(conn: &mut AnyConnection, group: GroupId, plan: PlanId) -> Result<Option<bool>> {
    Ok(group_plans::table.find((group, plan)).select(group_plans::auto).first(conn).optional()?)
}

/// The plans that come with the membership of a group, in the order of their ids.
pub fn auto_plans(conn: &mut AnyConnection, group: GroupId) -> Result<Vec<PlanRow>> {
    Ok(group_plans::table
        .inner_join(learning_plans::table.on(learning_plans::id.eq(group_plans::plan_id)))
        .filter(group_plans::group_id.eq(group).and(group_plans::auto.eq(true)))
        .order(group_plans::plan_id)
        .select(learning_plans::all_columns)
        .load(conn)?)
}

/// Attaches a plan to a group, or changes how it is attached.
pub fn attach(tx: &mut Tx<'_>, group: GroupId, plan: PlanId, auto: bool) -> Result<()> {
    detach(tx, group, plan)?;
    let row = (
        group_plans::group_id.eq(group),
        group_plans::plan_id.eq(plan),
        group_plans::auto.eq(auto),
    );
    diesel::insert_into(group_plans::table).values(row).execute(tx.write())?;
    Ok(())
}

/// Detaches a plan from a group.
pub fn detach(tx: &mut Tx<'_>, group: GroupId, plan: PlanId) -> Result<()> {
    diesel::delete(group_plans::table.find((group, plan))).execute(tx.write())?;
    Ok(())
}
