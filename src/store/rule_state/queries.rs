//! The queries that read the state of the rules, one for each table.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use crate::{
    db::{
        connection::AnyConnection,
        schema::{
            enrollments, learning_plans, plan_assignments, plan_certifications, user_certifications,
        },
    },
    domain::{
        enrollment::{EnrollmentStatus, GradeResult},
        ids::{CertificationId, CourseId, PlanId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
    store::{
        plans::{AssignmentRow, PlanRow},
        user_certifications::UserCertificationRow,
    },
};

/// The plans that the certifications belong to.
pub(super) fn plans_with(conn: &mut AnyConnection, ids: &[CertificationId]) -> Result<Vec<PlanId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(plan_certifications::table
        .filter(plan_certifications::certification_id.eq_any(ids.to_vec()))
        .select(plan_certifications::plan_id)
        .distinct()
        .load(conn)?)
}

/// Those of the plans that users have, each with its assignment.
pub(super) fn assigned(
    conn: &mut AnyConnection,
    users: &[UserId],
    plans: Vec<PlanId>,
) -> Result<Vec<(AssignmentRow, PlanRow)>> {
    if plans.is_empty() {
        return Ok(Vec::new());
    }
    Ok(plan_assignments::table
        .inner_join(learning_plans::table.on(learning_plans::id.eq(plan_assignments::plan_id)))
        .filter(plan_assignments::user_id.eq_any(users.to_vec()))
        .filter(plan_assignments::plan_id.eq_any(plans))
        .load(conn)?)
}

/// The status of the certifications for users.
pub(super) fn user_certifications(
    conn: &mut AnyConnection,
    users: &[UserId],
    ids: Vec<CertificationId>,
) -> Result<Vec<UserCertificationRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(user_certifications::table
        .filter(user_certifications::user_id.eq_any(users.to_vec()))
        .filter(user_certifications::certification_id.eq_any(ids))
        .load(conn)?)
}

/// When users completed the required courses without a fail.
pub(super) fn completions(
    conn: &mut AnyConnection,
    users: &[UserId],
    required: &[(CertificationId, CourseId)],
) -> Result<BTreeMap<(UserId, CourseId), Option<Timestamp>>> {
    if required.is_empty() {
        return Ok(BTreeMap::new());
    }
    let required: BTreeSet<CourseId> = required.iter().map(|(_, course)| *course).collect();
    // All that they completed, by the index of their enrollments: with a filter by course, SQLite
    // scans every enrollment in these courses.
    let completions: Vec<(UserId, CourseId, Option<Timestamp>)> = enrollments::table
        .filter(enrollments::user_id.eq_any(users.to_vec()))
        .filter(enrollments::status.eq(EnrollmentStatus::Completed))
        .filter(enrollments::result.is_null().or(enrollments::result.ne(GradeResult::Fail)))
        .select((enrollments::user_id, enrollments::course_id, enrollments::completed_at))
        .load(conn)?;
    let required = completions.into_iter().filter(|(_, course, _)| required.contains(course));
    Ok(required.map(|(user, course, time)| ((user, course), time)).collect())
}
