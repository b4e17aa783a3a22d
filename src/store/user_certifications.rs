//! The certifications of users.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{
    certifications::CertificationRow,
    page::{ListQuery, PageRequest, TextPosition, page_by_text},
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::{
            certifications, enrollments, plan_assignments, plan_certifications, user_certifications,
        },
    },
    domain::{
        certification::CertificationStatus,
        enrollment::EnrollmentStatus,
        ids::{self, CertificationId, CourseId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
};

/// The status of one user's certification.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = user_certifications, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "the columns")]
pub struct UserCertificationRow {
    pub user_id: UserId,
    pub certification_id: CertificationId,
    pub status: CertificationStatus,
    pub met_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

/// The users whom a change of a certification may concern: those who have a status of it, and those
/// who have completed one of the courses. In the order of their ids, starting after `after`.
pub fn affected_users(
    conn: &mut AnyConnection,
    id: CertificationId,
    courses: &[CourseId],
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<UserId>> {
    let mut with_status = user_certifications::table
        .filter(user_certifications::certification_id.eq(id))
        .into_boxed::<MultiBackend>();
    let mut completed = enrollments::table
        .filter(enrollments::course_id.eq_any(courses.to_vec()))
        .filter(enrollments::status.eq(EnrollmentStatus::Completed))
        .into_boxed::<MultiBackend>();
    if let Some(user) = after {
        with_status = with_status.filter(user_certifications::user_id.gt(user));
        completed = completed.filter(enrollments::user_id.gt(user));
    }
    let mut users: BTreeSet<UserId> = with_status
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

/// The met certifications whose validity has run out by now, the longest ago first.
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

/// The certifications that a user meets or met, or that a plan of theirs asks for, by name, each
/// with its state for the user.
#[derive(Clone, Copy, Debug)]
pub struct UserCertificationQuery {
    /// Whose certifications.
    pub user: UserId,
}

impl ListQuery for UserCertificationQuery {
    type Scope = ();
    type Row = (CertificationRow, Option<UserCertificationRow>);
    type Position = TextPosition<ids::Certification>;

    fn rows(
        &self,
        conn: &mut AnyConnection,
        (): &(),
        request: &PageRequest<Self::Position>,
    ) -> Result<Vec<Self::Row>> {
        let (key, id) = (certifications::search_key, certifications::id);
        let query = page_by_text!(of_user(self.user), key, id, request);
        let rows: Vec<CertificationRow> = query.load(conn)?;
        let ids: Vec<CertificationId> = rows.iter().map(|row| row.id).collect();
        let mut statuses: Vec<UserCertificationRow> = user_certifications::table
            .filter(user_certifications::user_id.eq(self.user))
            .filter(user_certifications::certification_id.eq_any(ids))
            .load(conn)?;
        let with_status = |row: CertificationRow| {
            let at = statuses.iter().position(|it| it.certification_id == row.id);
            let status = at.map(|at| statuses.swap_remove(at));
            (row, status)
        };
        Ok(rows.into_iter().map(with_status).collect())
    }

    fn count(&self, conn: &mut AnyConnection, (): &()) -> Result<i64> {
        Ok(of_user(self.user).count().get_result(conn)?)
    }

    fn position(&self, (row, _): &Self::Row) -> Self::Position {
        TextPosition { key: row.search_key.clone(), id: row.id }
    }
}

fn of_user(user: UserId) -> certifications::BoxedQuery<'static, MultiBackend> {
    let with_status = user_certifications::table
        .filter(user_certifications::user_id.eq(user))
        .select(user_certifications::certification_id);
    let planned = plan_certifications::table
        .inner_join(
            plan_assignments::table.on(plan_assignments::plan_id.eq(plan_certifications::plan_id)),
        )
        .filter(plan_assignments::user_id.eq(user))
        .select(plan_certifications::certification_id);
    certifications::table
        .filter(certifications::id.eq_any(with_status).or(certifications::id.eq_any(planned)))
        .into_boxed::<MultiBackend>()
}
