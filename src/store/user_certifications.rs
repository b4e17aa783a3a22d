//! How users stand with certifications.

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
    journal::tx::Tx,
};

#[diesel::declare_sql_function]
extern "SQL" {
    /// Waits for its turn among all who hold the same key, and holds it with the others.
    fn pg_advisory_xact_lock_shared(key: diesel::sql_types::BigInt) -> diesel::sql_types::Bool;
    /// Waits until nobody holds the key, and holds it alone.
    fn pg_advisory_xact_lock(key: diesel::sql_types::BigInt) -> diesel::sql_types::Bool;
}

/// The key of what certifications and plans ask for, among PostgreSQL's advisory locks.
const RULES: i64 = 0x6461_7962_6f6f_6b01;

/// Keeps what certifications and plans ask for as it is until the transaction ends. Asked for
/// before any row is held, by whoever changes what they follow from: else he could meet the rule of
/// before, while the one who changes it does not see him yet. On SQLite there is only one writer.
///
/// # Errors
/// Of the database.
pub fn hold_rules(tx: &mut Tx<'_>) -> Result<()> {
    if let AnyConnection::Postgres(conn) = tx.read() {
        diesel::select(pg_advisory_xact_lock_shared(RULES)).execute(conn)?;
    }
    Ok(())
}

/// As [`hold_rules`], for whoever changes what certifications and plans ask for.
///
/// # Errors
/// Of the database.
pub fn change_rules(tx: &mut Tx<'_>) -> Result<()> {
    if let AnyConnection::Postgres(conn) = tx.read() {
        diesel::select(pg_advisory_xact_lock(RULES)).execute(conn)?;
    }
    Ok(())
}

/// How a user stands with a certification.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = user_certifications, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "the columns")]
pub struct StandingRow {
    pub user_id: UserId,
    pub certification_id: CertificationId,
    pub status: CertificationStatus,
    pub met_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
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

/// The certifications that a user meets or met, or that a plan of theirs asks for, by name, each
/// with its state for the user.
#[derive(Clone, Copy, Debug)]
pub struct UserCertificationQuery {
    /// Whose certifications.
    pub user: UserId,
}

impl ListQuery for UserCertificationQuery {
    type Scope = ();
    type Row = (CertificationRow, Option<StandingRow>);
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
        let mut standings: Vec<StandingRow> = user_certifications::table
            .filter(user_certifications::user_id.eq(self.user))
            .filter(user_certifications::certification_id.eq_any(ids))
            .load(conn)?;
        let with_standing = |row: CertificationRow| {
            let at = standings.iter().position(|it| it.certification_id == row.id);
            let standing = at.map(|at| standings.swap_remove(at));
            (row, standing)
        };
        Ok(rows.into_iter().map(with_standing).collect())
    }

    fn count(&self, conn: &mut AnyConnection, (): &()) -> Result<i64> {
        Ok(of_user(self.user).count().get_result(conn)?)
    }

    fn position(&self, (row, _): &Self::Row) -> Self::Position {
        TextPosition { key: row.search_key.clone(), id: row.id }
    }
}

fn of_user(user: UserId) -> certifications::BoxedQuery<'static, MultiBackend> {
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
