//! Learning plans, and who has them.

use diesel::prelude::*;
use serde::Serialize;

use super::{
    contains, locked,
    page::{ByText, ByTime, Slice, Window, after},
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::{learning_plans, plan_assignments},
    },
    domain::{
        entry::{Source, Target, TargetType},
        ids::{self, PlanId, UserId},
        text::fold,
        timestamp::Timestamp,
    },
    error::Result,
    journal::tx::Tx,
};

/// One learning plan, as it is stored.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = learning_plans)]
#[allow(missing_docs, reason = "the columns")]
pub struct PlanRow {
    pub id: PlanId,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub name: String,
    pub search_key: String,
}

impl PlanRow {
    /// As entries name it.
    pub fn target(&self) -> Target {
        let name = self.name.clone();
        Target { target_type: TargetType::LearningPlan, id: self.id.any(), name }
    }
}

/// A learning plan, as a user has it.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = plan_assignments, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "the columns")]
pub struct AssignmentRow {
    pub user_id: UserId,
    pub plan_id: PlanId,
    pub source: Source,
    pub assigned_at: Timestamp,
    pub met_at: Option<Timestamp>,
}

/// The plan of an id.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, id: PlanId) -> Result<PlanRow> {
    Ok(learning_plans::table.find(id).first(conn)?)
}

/// The plan of an id, held until the transaction ends.
///
/// # Errors
/// `not_found`.
pub fn lock(tx: &mut Tx<'_>, id: PlanId) -> Result<PlanRow> {
    Ok(locked!(tx, learning_plans::table.find(id))?)
}

/// The plans of a name, without regard to case: two at most, which says that it is ambiguous.
///
/// # Errors
/// Of the database.
pub fn named(conn: &mut AnyConnection, name: &str) -> Result<Vec<PlanId>> {
    let named = learning_plans::table.filter(learning_plans::search_key.eq(fold(name)));
    Ok(named.order(learning_plans::id).select(learning_plans::id).limit(2).load(conn)?)
}

/// What a list of plans is narrowed by.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PlanFilter {
    /// Characters of the name.
    pub q: Option<String>,
}

fn filtered(filter: &PlanFilter) -> learning_plans::BoxedQuery<'static, MultiBackend> {
    let mut query = learning_plans::table.into_boxed::<MultiBackend>();
    if let Some(q) = &filter.q {
        query = query.filter(learning_plans::search_key.like(contains(q)).escape('\\'));
    }
    query
}

/// One page of the plans, by name.
///
/// # Errors
/// Of the database.
pub fn list(
    conn: &mut AnyConnection,
    filter: &PlanFilter,
    window: &Window<ByText<ids::Plan>>,
) -> Result<Slice<PlanRow>> {
    let mut query = filtered(filter);
    if let Some(at) = &window.after {
        query = after!(query, learning_plans::search_key, learning_plans::id, gt, at.key, at.id);
    }
    let query = query.order((learning_plans::search_key, learning_plans::id));
    Ok(Slice::cut(query.limit(window.fetch()).load(conn)?, window.limit))
}

/// How many plans the filter lets through.
///
/// # Errors
/// Of the database.
pub fn count(conn: &mut AnyConnection, filter: &PlanFilter) -> Result<i64> {
    Ok(filtered(filter).count().get_result(conn)?)
}

/// Adds a plan.
///
/// # Errors
/// Of the database.
pub fn insert(tx: &mut Tx<'_>, row: &PlanRow) -> Result<()> {
    diesel::insert_into(learning_plans::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Writes the plan's fields, and makes the version a new one.
///
/// # Errors
/// Of the database.
pub fn update(tx: &mut Tx<'_>, row: &mut PlanRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    row.search_key = fold(&row.name);
    diesel::update(learning_plans::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}

/// A user's plan, if he has it.
///
/// # Errors
/// Of the database.
pub fn assignment(
    conn: &mut AnyConnection,
    user: UserId,
    plan: PlanId,
) -> Result<Option<AssignmentRow>> {
    Ok(plan_assignments::table.find((user, plan)).first(conn).optional()?)
}

/// One page of the plans that a user has, the newest first, each with its plan.
///
/// # Errors
/// Of the database.
pub fn assignments(
    conn: &mut AnyConnection,
    user: UserId,
    window: &Window<ByTime<ids::Plan>>,
) -> Result<Slice<(AssignmentRow, PlanRow)>> {
    let mut query = plan_assignments::table
        .inner_join(learning_plans::table.on(learning_plans::id.eq(plan_assignments::plan_id)))
        .filter(plan_assignments::user_id.eq(user))
        .into_boxed::<MultiBackend>();
    if let Some(at) = &window.after {
        let (time, plan) = (plan_assignments::assigned_at, plan_assignments::plan_id);
        query = after!(query, time, plan, lt, at.time, at.id);
    }
    let query = query
        .order((plan_assignments::assigned_at.desc(), plan_assignments::plan_id.desc()))
        .limit(window.fetch());
    Ok(Slice::cut(query.load(conn)?, window.limit))
}

/// How many plans a user has.
///
/// # Errors
/// Of the database.
pub fn count_assignments(conn: &mut AnyConnection, user: UserId) -> Result<i64> {
    let of_user = plan_assignments::table.filter(plan_assignments::user_id.eq(user));
    Ok(of_user.count().get_result(conn)?)
}

/// Who has a plan: the users after a place, in the order of their ids.
///
/// # Errors
/// Of the database.
pub fn holders(
    conn: &mut AnyConnection,
    plan: PlanId,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<UserId>> {
    let mut query = plan_assignments::table
        .filter(plan_assignments::plan_id.eq(plan))
        .into_boxed::<MultiBackend>();
    if let Some(user) = after {
        query = query.filter(plan_assignments::user_id.gt(user));
    }
    let query = query.order(plan_assignments::user_id).limit(limit);
    Ok(query.select(plan_assignments::user_id).load(conn)?)
}

/// Takes a plan from a user.
///
/// # Errors
/// Of the database.
pub fn unassign(tx: &mut Tx<'_>, user: UserId, plan: PlanId) -> Result<()> {
    diesel::delete(plan_assignments::table.find((user, plan))).execute(tx.write())?;
    Ok(())
}
