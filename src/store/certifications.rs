//! Certifications, what they require, and how users stand with them.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde::Serialize;

use super::{
    contains, locked,
    page::{ByText, Slice, Window, after},
};
use crate::{
    db::{
        AnyConnection, MultiBackend, Tx,
        schema::{
            certification_courses, certifications, enrollments, plan_assignments,
            plan_certifications, user_certifications,
        },
    },
    domain::{
        certification::CertificationStatus,
        enrollment::{EnrollmentStatus, GradeResult},
        entry::{Target, TargetType},
        ids::{self, CertificationId, CourseId, PlanId, UserId},
        text::fold,
        timestamp::Timestamp,
    },
    error::Result,
};

/// One certification, as it is stored.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = certifications, treat_none_as_null = true)]
#[allow(missing_docs, reason = "the columns")]
pub struct CertificationRow {
    pub id: CertificationId,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub name: String,
    pub search_key: String,
    pub validity_days: Option<i64>,
}

impl CertificationRow {
    /// As entries name it.
    pub fn target(&self) -> Target {
        let name = self.name.clone();
        Target { target_type: TargetType::Certification, id: self.id.any(), name }
    }
}

/// How a user stands with a certification.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = user_certifications)]
#[allow(missing_docs, reason = "the columns")]
pub struct StandingRow {
    pub user_id: UserId,
    pub certification_id: CertificationId,
    pub status: CertificationStatus,
    pub met_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

/// The certification of an id.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, id: CertificationId) -> Result<CertificationRow> {
    Ok(certifications::table.find(id).first(conn)?)
}

/// The certification of an id, held until the transaction ends.
///
/// # Errors
/// `not_found`.
pub fn lock(tx: &mut Tx<'_>, id: CertificationId) -> Result<CertificationRow> {
    Ok(locked!(tx, certifications::table.find(id))?)
}

/// What a list of certifications is narrowed by.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CertificationFilter {
    /// Characters of the name.
    pub q: Option<String>,
}

fn filtered(filter: &CertificationFilter) -> certifications::BoxedQuery<'static, MultiBackend> {
    let query = certifications::table.into_boxed::<MultiBackend>();
    match &filter.q {
        Some(q) => query.filter(certifications::search_key.like(contains(q)).escape('\\')),
        None => query,
    }
}

/// One page of the certifications, by name.
///
/// # Errors
/// Of the database.
pub fn list(
    conn: &mut AnyConnection,
    filter: &CertificationFilter,
    window: &Window<ByText<ids::Certification>>,
) -> Result<Slice<CertificationRow>> {
    let mut query = filtered(filter);
    if let Some(at) = &window.after {
        query = after!(query, certifications::search_key, certifications::id, gt, at.key, at.id);
    }
    let query = query.order((certifications::search_key, certifications::id));
    Ok(Slice::cut(query.limit(window.fetch()).load(conn)?, window.limit))
}

/// How many certifications the filter lets through.
///
/// # Errors
/// Of the database.
pub fn count(conn: &mut AnyConnection, filter: &CertificationFilter) -> Result<i64> {
    Ok(filtered(filter).count().get_result(conn)?)
}

/// Adds a certification.
///
/// # Errors
/// Of the database.
pub fn insert(tx: &mut Tx<'_>, row: &CertificationRow) -> Result<()> {
    diesel::insert_into(certifications::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Writes the certification's fields, and makes the version a new one.
///
/// # Errors
/// Of the database.
pub fn update(tx: &mut Tx<'_>, row: &mut CertificationRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    row.search_key = fold(&row.name);
    diesel::update(certifications::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}

/// The courses that a certification requires, in the order of their ids.
///
/// # Errors
/// Of the database.
pub fn courses(conn: &mut AnyConnection, id: CertificationId) -> Result<Vec<CourseId>> {
    Ok(certification_courses::table
        .filter(certification_courses::certification_id.eq(id))
        .order(certification_courses::course_id)
        .select(certification_courses::course_id)
        .load(conn)?)
}

/// The courses that each of the certifications requires: pairs, in the order of their ids.
///
/// # Errors
/// Of the database.
pub fn courses_of(
    conn: &mut AnyConnection,
    rows: &[CertificationRow],
) -> Result<Vec<(CertificationId, CourseId)>> {
    let ids: Vec<CertificationId> = rows.iter().map(|row| row.id).collect();
    let of_rows =
        certification_courses::table.filter(certification_courses::certification_id.eq_any(ids));
    let order = (certification_courses::certification_id, certification_courses::course_id);
    Ok(of_rows.order(order).load(conn)?)
}

/// Sets the courses that a certification requires.
///
/// # Errors
/// Of the database.
pub fn set_courses(tx: &mut Tx<'_>, id: CertificationId, courses: &[CourseId]) -> Result<()> {
    let of_one = certification_courses::certification_id.eq(id);
    diesel::delete(certification_courses::table.filter(of_one)).execute(tx.write())?;
    for course in courses {
        let row = (of_one, certification_courses::course_id.eq(*course));
        diesel::insert_into(certification_courses::table).values(row).execute(tx.write())?;
    }
    Ok(())
}

/// The certifications that require a course, in the order of their ids.
///
/// # Errors
/// Of the database.
pub fn requiring(conn: &mut AnyConnection, course: CourseId) -> Result<Vec<CertificationRow>> {
    Ok(certification_courses::table
        .inner_join(
            certifications::table
                .on(certifications::id.eq(certification_courses::certification_id)),
        )
        .filter(certification_courses::course_id.eq(course))
        .order(certifications::id)
        .select(certifications::all_columns)
        .load(conn)?)
}

/// When a user had completed every required course without a fail: the latest of the completions;
/// none while one is missing.
///
/// # Errors
/// Of the database.
pub fn completed_at(
    conn: &mut AnyConnection,
    user: UserId,
    id: CertificationId,
) -> Result<Option<Timestamp>> {
    let required: BTreeSet<CourseId> = courses(conn, id)?.into_iter().collect();
    let ids: Vec<CourseId> = required.iter().copied().collect();
    let completions: Vec<(CourseId, Option<Timestamp>)> = enrollments::table
        .filter(enrollments::user_id.eq(user).and(enrollments::course_id.eq_any(ids)))
        .filter(enrollments::status.eq(EnrollmentStatus::Completed))
        .filter(enrollments::result.is_null().or(enrollments::result.ne(GradeResult::Fail)))
        .select((enrollments::course_id, enrollments::completed_at))
        .load(conn)?;
    let done: BTreeSet<CourseId> = completions.iter().map(|(course, _)| *course).collect();
    if required.is_empty() || done != required {
        return Ok(None);
    }
    Ok(completions.into_iter().filter_map(|(_, time)| time).max())
}

/// How a user stands with a certification; nothing where he never met it.
///
/// # Errors
/// Of the database.
pub fn standing(
    conn: &mut AnyConnection,
    user: UserId,
    id: CertificationId,
) -> Result<Option<StandingRow>> {
    Ok(user_certifications::table.find((user, id)).first(conn).optional()?)
}

/// Sets how a user stands with a certification.
///
/// # Errors
/// Of the database.
pub fn set_standing(tx: &mut Tx<'_>, row: &StandingRow) -> Result<()> {
    let there = user_certifications::table.find((row.user_id, row.certification_id));
    diesel::delete(there).execute(tx.write())?;
    diesel::insert_into(user_certifications::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Who stands somehow with a certification, or has completed one of these courses: the users after
/// a place whom a change of what it requires may concern, in the order of their ids.
///
/// # Errors
/// Of the database.
pub fn concerned(
    conn: &mut AnyConnection,
    id: CertificationId,
    courses: &[CourseId],
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<UserId>> {
    let mut standing = user_certifications::table
        .filter(user_certifications::certification_id.eq(id))
        .into_boxed::<MultiBackend>();
    let mut completed = enrollments::table
        .filter(enrollments::course_id.eq_any(courses.to_vec()))
        .filter(enrollments::status.eq(EnrollmentStatus::Completed))
        .into_boxed::<MultiBackend>();
    if let Some(user) = after {
        standing = standing.filter(user_certifications::user_id.gt(user));
        completed = completed.filter(enrollments::user_id.gt(user));
    }
    let mut users: BTreeSet<UserId> = standing
        .order(user_certifications::user_id)
        .limit(limit)
        .select(user_certifications::user_id)
        .load::<UserId>(conn)?
        .into_iter()
        .collect();
    users.extend(
        completed
            .order(enrollments::user_id)
            .limit(limit)
            .select(enrollments::user_id)
            .distinct()
            .load::<UserId>(conn)?,
    );
    Ok(users.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
}

/// The standings whose validity has run out by now, the longest ago first.
///
/// # Errors
/// Of the database.
pub fn due(
    conn: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(UserId, CertificationId)>> {
    Ok(user_certifications::table
        .filter(user_certifications::status.eq(CertificationStatus::Met))
        .filter(user_certifications::expires_at.le(now))
        .order((user_certifications::expires_at, user_certifications::user_id))
        .limit(limit)
        .select((user_certifications::user_id, user_certifications::certification_id))
        .load(conn)?)
}

/// The certifications of a plan, in the order of their ids.
///
/// # Errors
/// Of the database.
pub fn of_plan(conn: &mut AnyConnection, plan: PlanId) -> Result<Vec<CertificationId>> {
    Ok(plan_certifications::table
        .filter(plan_certifications::plan_id.eq(plan))
        .order(plan_certifications::certification_id)
        .select(plan_certifications::certification_id)
        .load(conn)?)
}

/// The certifications of each of the plans: pairs, in the order of their ids.
///
/// # Errors
/// Of the database.
pub fn of_plans(
    conn: &mut AnyConnection,
    plans: Vec<PlanId>,
) -> Result<Vec<(PlanId, CertificationId)>> {
    let of_them = plan_certifications::table.filter(plan_certifications::plan_id.eq_any(plans));
    let order = (plan_certifications::plan_id, plan_certifications::certification_id);
    Ok(of_them.order(order).load(conn)?)
}

/// Sets the certifications of a plan.
///
/// # Errors
/// Of the database.
pub fn set_of_plan(tx: &mut Tx<'_>, plan: PlanId, ids: &[CertificationId]) -> Result<()> {
    let of_one = plan_certifications::plan_id.eq(plan);
    diesel::delete(plan_certifications::table.filter(of_one)).execute(tx.write())?;
    for id in ids {
        let row = (of_one, plan_certifications::certification_id.eq(*id));
        diesel::insert_into(plan_certifications::table).values(row).execute(tx.write())?;
    }
    Ok(())
}

/// The plans that a user has and that a certification belongs to, in the order of their ids.
///
/// # Errors
/// Of the database.
pub fn assigned_plans_with(
    conn: &mut AnyConnection,
    user: UserId,
    id: CertificationId,
) -> Result<Vec<PlanId>> {
    Ok(plan_assignments::table
        .inner_join(
            plan_certifications::table
                .on(plan_certifications::plan_id.eq(plan_assignments::plan_id)),
        )
        .filter(plan_assignments::user_id.eq(user))
        .filter(plan_certifications::certification_id.eq(id))
        .order(plan_assignments::plan_id)
        .select(plan_assignments::plan_id)
        .load(conn)?)
}

/// One page of the certifications that a user stands somehow with, or that a plan of his asks for,
/// by name, each with how he stands.
///
/// # Errors
/// Of the database.
pub fn of_user(
    conn: &mut AnyConnection,
    user: UserId,
    window: &Window<ByText<ids::Certification>>,
) -> Result<Slice<(CertificationRow, Option<StandingRow>)>> {
    let mut query = of_user_query(user);
    if let Some(at) = &window.after {
        query = after!(query, certifications::search_key, certifications::id, gt, at.key, at.id);
    }
    let query = query.order((certifications::search_key, certifications::id));
    let slice: Slice<CertificationRow> =
        Slice::cut(query.limit(window.fetch()).load(conn)?, window.limit);
    let ids: Vec<CertificationId> = slice.rows.iter().map(|row| row.id).collect();
    let mut standings: Vec<StandingRow> = user_certifications::table
        .filter(user_certifications::user_id.eq(user))
        .filter(user_certifications::certification_id.eq_any(ids))
        .load(conn)?;
    let rows = slice.rows.into_iter().map(|row| {
        let at = standings.iter().position(|it| it.certification_id == row.id);
        let standing = at.map(|at| standings.swap_remove(at));
        (row, standing)
    });
    Ok(Slice { rows: rows.collect(), has_more: slice.has_more })
}

/// How many certifications [`of_user`] lists.
///
/// # Errors
/// Of the database.
pub fn count_of_user(conn: &mut AnyConnection, user: UserId) -> Result<i64> {
    Ok(of_user_query(user).count().get_result(conn)?)
}

fn of_user_query(user: UserId) -> certifications::BoxedQuery<'static, MultiBackend> {
    let standing = user_certifications::table
        .filter(user_certifications::user_id.eq(user))
        .select(user_certifications::certification_id);
    let asked = plan_certifications::table
        .inner_join(
            plan_assignments::table.on(plan_assignments::plan_id.eq(plan_certifications::plan_id)),
        )
        .filter(plan_assignments::user_id.eq(user))
        .select(plan_certifications::certification_id);
    certifications::table
        .filter(certifications::id.eq_any(standing).or(certifications::id.eq_any(asked)))
        .into_boxed::<MultiBackend>()
}
