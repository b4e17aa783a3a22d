//! Learning plans, and who has them.

use diesel::prelude::*;

use super::{
    certifications, contains, locked,
    page::{ListQuery, PageRequest, TimePosition, after, list_by_search_key},
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::{learning_plans, plan_assignments},
    },
    domain::{
        entry::{Source, Target, TargetType},
        ids::{self, CertificationId, PlanId, UserId},
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

/// The plan of an id, locked until the transaction ends.
///
/// # Errors
/// `not_found`.
pub fn lock(tx: &mut Tx<'_>, id: PlanId) -> Result<PlanRow> {
    Ok(locked!(tx, learning_plans::table.find(id))?)
}

/// The plans of a name, without regard to case: two at most, which says that it is ambiguous.
pub fn named(conn: &mut AnyConnection, name: &str) -> Result<Vec<PlanId>> {
    let named = learning_plans::table.filter(learning_plans::search_key.eq(fold(name)));
    Ok(named.order(learning_plans::id).select(learning_plans::id).limit(2).load(conn)?)
}

/// The list of learning plans, by name, each with the certifications that it is made of.
#[derive(Clone, Debug, Default)]
pub struct PlanQuery {
    /// Characters of the name.
    pub q: Option<String>,
}

impl PlanQuery {
    fn filtered(&self) -> learning_plans::BoxedQuery<'static, MultiBackend> {
        let mut query = learning_plans::table.into_boxed::<MultiBackend>();
        if let Some(q) = &self.q {
            query = query.filter(learning_plans::search_key.like(contains(q)).escape('\\'));
        }
        query
    }
}

list_by_search_key!(PlanQuery, learning_plans, PlanRow, ids::Plan, with CertificationId, certifications::of_plans);

/// Adds a plan.
pub fn insert(tx: &mut Tx<'_>, row: &PlanRow) -> Result<()> {
    diesel::insert_into(learning_plans::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Writes the plan's fields with the next version.
pub fn update(tx: &mut Tx<'_>, row: &mut PlanRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    row.search_key = fold(&row.name);
    diesel::update(learning_plans::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}

/// A user's plan, if they have it.
pub fn assignment(
    conn: &mut AnyConnection,
    user: UserId,
    plan: PlanId,
) -> Result<Option<AssignmentRow>> {
    Ok(plan_assignments::table.find((user, plan)).first(conn).optional()?)
}

/// The plans that a user has, the newest first.
#[derive(Clone, Copy, Debug)]
pub struct AssignmentQuery {
    /// Whose plans.
    pub user: UserId,
}

impl ListQuery for AssignmentQuery {
    type Scope = ();
    type Row = (AssignmentRow, PlanRow);
    type Position = TimePosition<ids::Plan>;

    fn rows(
        &self,
        conn: &mut AnyConnection,
        (): &(),
        request: &PageRequest<Self::Position>,
    ) -> Result<Vec<Self::Row>> {
        let (time, plan) = (plan_assignments::assigned_at, plan_assignments::plan_id);
        let mut query = plan_assignments::table
            .inner_join(learning_plans::table.on(learning_plans::id.eq(plan)))
            .filter(plan_assignments::user_id.eq(self.user))
            .into_boxed::<MultiBackend>();
        if let Some(at) = &request.after {
            query = after!(query, time, plan, lt, at.time, at.id);
        }
        let query = query.order((time.desc(), plan.desc())).limit(request.fetch_limit());
        Ok(query.load(conn)?)
    }

    fn count(&self, conn: &mut AnyConnection, (): &()) -> Result<i64> {
        let of_user = plan_assignments::table.filter(plan_assignments::user_id.eq(self.user));
        Ok(of_user.count().get_result(conn)?)
    }

    fn position(&self, (row, _): &Self::Row) -> Self::Position {
        TimePosition { time: row.assigned_at, id: row.plan_id }
    }
}

/// The users who have a plan, after a user, in the order of their ids.
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
pub fn unassign(tx: &mut Tx<'_>, user: UserId, plan: PlanId) -> Result<()> {
    diesel::delete(plan_assignments::table.find((user, plan))).execute(tx.write())?;
    Ok(())
}
