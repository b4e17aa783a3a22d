//! Enrollments.

use diesel::prelude::*;

use super::{
    locked,
    page::{ListQuery, PageRequest},
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

/// The enrollment of an id, locked until the transaction ends.
///
/// # Errors
/// `not_found`.
pub fn lock(tx: &mut Tx<'_>, id: EnrollmentId) -> Result<EnrollmentRow> {
    Ok(locked!(tx, enrollments::table.find(id))?)
}

/// The enrollments of the users whom the caller may see, the newest first: their ids ascend with
/// time.
#[derive(Clone, Debug, Default)]
pub struct EnrollmentQuery {
    /// Only of this user.
    pub user_id: Option<UserId>,
    /// Only in this course.
    pub course_id: Option<CourseId>,
    /// Only with this status.
    pub status: Option<EnrollmentStatus>,
}

impl EnrollmentQuery {
    fn filtered(&self, visible: &VisibleUsers) -> enrollments::BoxedQuery<'static, MultiBackend> {
        let mut query = enrollments::table.into_boxed::<MultiBackend>();
        query = match visible {
            VisibleUsers::Everyone => query,
            VisibleUsers::These(ids) => query.filter(enrollments::user_id.eq_any(ids.clone())),
            VisibleUsers::RelatedTo(id) => query.filter(related_to!(enrollments::user_id, *id)),
        };
        if let Some(user) = self.user_id {
            query = query.filter(enrollments::user_id.eq(user));
        }
        if let Some(course) = self.course_id {
            query = query.filter(enrollments::course_id.eq(course));
        }
        if let Some(status) = self.status {
            query = query.filter(enrollments::status.eq(status));
        }
        query
    }
}

impl ListQuery for EnrollmentQuery {
    type Scope = VisibleUsers;
    type Row = EnrollmentRow;
    type Position = EnrollmentId;

    fn rows(
        &self,
        conn: &mut AnyConnection,
        visible: &VisibleUsers,
        request: &PageRequest<Self::Position>,
    ) -> Result<Vec<Self::Row>> {
        let mut query = self.filtered(visible);
        if let Some(id) = request.after {
            query = query.filter(enrollments::id.lt(id));
        }
        Ok(query.order(enrollments::id.desc()).limit(request.fetch_limit()).load(conn)?)
    }

    fn count(&self, conn: &mut AnyConnection, visible: &VisibleUsers) -> Result<i64> {
        Ok(self.filtered(visible).count().get_result(conn)?)
    }

    fn position(&self, row: &Self::Row) -> Self::Position {
        row.id
    }
}

/// Adds an enrollment.
///
/// # Errors
/// `already_exists` if the user is in the course.
pub fn insert(tx: &mut Tx<'_>, row: &EnrollmentRow) -> Result<()> {
    diesel::insert_into(enrollments::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Writes the enrollment's fields with the next version.
pub fn update(tx: &mut Tx<'_>, row: &mut EnrollmentRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    diesel::update(enrollments::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}
