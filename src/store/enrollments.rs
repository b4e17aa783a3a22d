//! Enrollments.

use diesel::prelude::*;
use serde::Serialize;

use super::{
    locked,
    page::{Slice, Window},
    visible_users::{VisibleUsers, related_to},
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::enrollments,
    },
    domain::{
        enrollment::{CompletionMethod, EnrollmentStatus, GradeResult},
        entry::Source,
        ids::{CourseId, EnrollmentId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
    journal::tx::Tx,
};

/// One enrollment, as it is stored.
#[derive(Clone, Debug, PartialEq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = enrollments, treat_none_as_null = true)]
#[allow(missing_docs, reason = "the columns")]
pub struct EnrollmentRow {
    pub id: EnrollmentId,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub user_id: UserId,
    pub course_id: CourseId,
    pub status: EnrollmentStatus,
    pub source: Source,
    pub due_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    pub completion_method: Option<CompletionMethod>,
    pub grade: Option<f64>,
    pub result: Option<GradeResult>,
}

/// The enrollment of an id.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, id: EnrollmentId) -> Result<EnrollmentRow> {
    Ok(enrollments::table.find(id).first(conn)?)
}

/// The enrollment of an id, held until the transaction ends.
///
/// # Errors
/// `not_found`.
pub fn lock(tx: &mut Tx<'_>, id: EnrollmentId) -> Result<EnrollmentRow> {
    Ok(locked!(tx, enrollments::table.find(id))?)
}

/// What a list of enrollments is narrowed by.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EnrollmentFilter {
    /// Of one user.
    pub user_id: Option<UserId>,
    /// In one course.
    pub course_id: Option<CourseId>,
    /// Where they stand.
    pub status: Option<EnrollmentStatus>,
}

fn filtered(
    reach: &VisibleUsers,
    filter: &EnrollmentFilter,
) -> enrollments::BoxedQuery<'static, MultiBackend> {
    let mut query = enrollments::table.into_boxed::<MultiBackend>();
    query = match reach {
        VisibleUsers::Everyone => query,
        VisibleUsers::These(ids) => query.filter(enrollments::user_id.eq_any(ids.clone())),
        VisibleUsers::RelatedTo(id) => query.filter(related_to!(enrollments::user_id, *id)),
    };
    if let Some(user) = filter.user_id {
        query = query.filter(enrollments::user_id.eq(user));
    }
    if let Some(course) = filter.course_id {
        query = query.filter(enrollments::course_id.eq(course));
    }
    if let Some(status) = filter.status {
        query = query.filter(enrollments::status.eq(status));
    }
    query
}

/// One page of the enrollments of users within reach, the newest first: their ids ascend with time.
///
/// # Errors
/// Of the database.
pub fn list(
    conn: &mut AnyConnection,
    reach: &VisibleUsers,
    filter: &EnrollmentFilter,
    window: &Window<EnrollmentId>,
) -> Result<Slice<EnrollmentRow>> {
    let mut query = filtered(reach, filter);
    if let Some(id) = window.after {
        query = query.filter(enrollments::id.lt(id));
    }
    let query = query.order(enrollments::id.desc());
    Ok(Slice::cut(query.limit(window.fetch()).load(conn)?, window.limit))
}

/// How many enrollments of users within reach the filter lets through.
///
/// # Errors
/// Of the database.
pub fn count(
    conn: &mut AnyConnection,
    reach: &VisibleUsers,
    filter: &EnrollmentFilter,
) -> Result<i64> {
    Ok(filtered(reach, filter).count().get_result(conn)?)
}

/// Adds an enrollment.
///
/// # Errors
/// `already_exists` where the user is in the course.
pub fn insert(tx: &mut Tx<'_>, row: &EnrollmentRow) -> Result<()> {
    diesel::insert_into(enrollments::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Writes the enrollment's fields, and makes the version a new one.
///
/// # Errors
/// Of the database.
pub fn update(tx: &mut Tx<'_>, row: &mut EnrollmentRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    diesel::update(enrollments::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}
