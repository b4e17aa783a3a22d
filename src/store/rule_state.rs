//! What the rules need to know of users: read at once for all of them, and written at once.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{prelude::*, upsert::excluded};

use super::{
    certifications::{self, CertificationRow},
    plans::{AssignmentRow, PlanRow},
    related::grouped,
    user_certifications::StandingRow,
    users::UserRow,
};
use crate::{
    db::{
        connection::AnyConnection,
        direct::direct,
        schema::{
            enrollments, learning_plans, plan_assignments, plan_certifications, user_certifications,
        },
    },
    domain::{
        enrollment::{EnrollmentStatus, GradeResult},
        ids::{self, CertificationId, CourseId, Id, PlanId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
    journal::tx::Tx,
};

/// Users who are held, and how they stand with some certifications and plans. What is set here is
/// in the database once it is written by [`Cohort::keep`].
pub struct Cohort {
    /// What each certification requires.
    courses: BTreeMap<CertificationId, Vec<CourseId>>,
    plans: BTreeMap<PlanId, PlanRow>,
    /// What each plan is made of.
    parts: BTreeMap<PlanId, Vec<CertificationId>>,
    /// When users completed courses without a fail.
    completions: BTreeMap<(UserId, CourseId), Option<Timestamp>>,
    standings: Rows<ids::Certification, StandingRow>,
    assignments: Rows<ids::Plan, AssignmentRow>,
}

/// Rows of users, and which of them were set since they were read.
struct Rows<K, R> {
    all: BTreeMap<(UserId, Id<K>), R>,
    set: BTreeSet<(UserId, Id<K>)>,
}

impl<K, R> Rows<K, R> {
    fn read(rows: Vec<R>, key: impl Fn(&R) -> (UserId, Id<K>)) -> Self {
        Self { all: rows.into_iter().map(|row| (key(&row), row)).collect(), set: BTreeSet::new() }
    }

    fn set(&mut self, key: (UserId, Id<K>), row: R) {
        self.all.insert(key, row);
        self.set.insert(key);
    }

    fn to_write(&self) -> Vec<&R> {
        self.set.iter().filter_map(|key| self.all.get(key)).collect()
    }
}

impl Cohort {
    /// Reads what the rules need to know of users, where it is about these certifications and plans,
    /// and the plans of theirs that one of the certifications belongs to.
    ///
    /// # Errors
    /// Of the database.
    pub fn read(
        conn: &mut AnyConnection,
        users: &[UserRow],
        certifications: &[CertificationRow],
        plans: &[PlanRow],
    ) -> Result<Self> {
        let users: Vec<UserId> = users.iter().map(|user| user.id).collect();
        let mut asked: Vec<CertificationId> = certifications.iter().map(|it| it.id).collect();
        let mut concerned = plans_with(conn, &asked)?;
        concerned.extend(plans.iter().map(|plan| plan.id));
        let assigned = assigned(conn, &users, concerned)?;
        let all_plans = plans.iter().chain(assigned.iter().map(|(_, plan)| plan));
        let plans: BTreeMap<PlanId, PlanRow> =
            all_plans.map(|plan| (plan.id, plan.clone())).collect();
        let parts = certifications::of_plans(conn, plans.keys().copied().collect())?;
        asked.extend(parts.iter().map(|(_, certification)| certification));
        let courses = certifications::courses_of(conn, certifications)?;
        let assignments = assigned.into_iter().map(|(assignment, _)| assignment).collect();
        Ok(Self {
            plans,
            parts: grouped(parts),
            completions: completions(conn, &users, &courses)?,
            courses: grouped(courses),
            standings: Rows::read(standings(conn, &users, asked)?, standing_key),
            assignments: Rows::read(assignments, assignment_key),
        })
    }

    /// The courses that a certification requires.
    pub fn courses(&self, certification: CertificationId) -> &[CourseId] {
        self.courses.get(&certification).map_or(&[], Vec::as_slice)
    }

    /// The certifications that a plan is made of.
    pub fn parts(&self, plan: PlanId) -> &[CertificationId] {
        self.parts.get(&plan).map_or(&[], Vec::as_slice)
    }

    /// When a user completed a course without a fail; nothing where he did not.
    pub fn completion(&self, user: UserId, course: CourseId) -> Option<Option<Timestamp>> {
        self.completions.get(&(user, course)).copied()
    }

    /// How a user stands with a certification; nothing where he never met it.
    pub fn standing(&self, user: UserId, id: CertificationId) -> Option<&StandingRow> {
        self.standings.all.get(&(user, id))
    }

    /// Sets how a user stands with a certification.
    pub fn set_standing(&mut self, row: StandingRow) {
        self.standings.set(standing_key(&row), row);
    }

    /// A user's plan, if he has it.
    pub fn assignment(&self, user: UserId, plan: PlanId) -> Option<(&AssignmentRow, &PlanRow)> {
        Some((self.assignments.all.get(&(user, plan))?, self.plans.get(&plan)?))
    }

    /// Gives a user a plan, or sets since when it is met.
    pub fn set_assignment(&mut self, row: AssignmentRow) {
        self.assignments.set(assignment_key(&row), row);
    }

    /// The plans that a user has and that a certification belongs to, in the order of their ids.
    pub fn plans_with(&self, user: UserId, id: CertificationId) -> Vec<PlanId> {
        let plans = self.parts.iter().filter(|(_, parts)| parts.contains(&id)).map(|it| *it.0);
        plans.filter(|plan| self.assignments.all.contains_key(&(user, *plan))).collect()
    }

    /// Writes what was set.
    ///
    /// # Errors
    /// Of the database.
    pub fn keep(&self, tx: &mut Tx<'_>) -> Result<()> {
        for rows in self.standings.to_write().chunks(ROWS_PER_INSERT) {
            use user_certifications as table;
            let conn = tx.write();
            direct!(
                conn,
                diesel::insert_into(table::table)
                    .values(rows.to_vec())
                    .on_conflict((table::user_id, table::certification_id))
                    .do_update()
                    .set((
                        table::status.eq(excluded(table::status)),
                        table::met_at.eq(excluded(table::met_at)),
                        table::expires_at.eq(excluded(table::expires_at)),
                    ))
                    .execute(conn)
            )?;
        }
        for rows in self.assignments.to_write().chunks(ROWS_PER_INSERT) {
            use plan_assignments as table;
            let conn = tx.write();
            direct!(
                conn,
                diesel::insert_into(table::table)
                    .values(rows.to_vec())
                    .on_conflict((table::user_id, table::plan_id))
                    .do_update()
                    .set(table::met_at.eq(excluded(table::met_at)))
                    .execute(conn)
            )?;
        }
        Ok(())
    }
}

/// Rows in one statement, which both databases take.
const ROWS_PER_INSERT: usize = 500;

fn standing_key(row: &StandingRow) -> (UserId, CertificationId) {
    (row.user_id, row.certification_id)
}

fn assignment_key(row: &AssignmentRow) -> (UserId, PlanId) {
    (row.user_id, row.plan_id)
}

fn plans_with(conn: &mut AnyConnection, ids: &[CertificationId]) -> Result<Vec<PlanId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(plan_certifications::table
        .filter(plan_certifications::certification_id.eq_any(ids.to_vec()))
        .select(plan_certifications::plan_id)
        .distinct()
        .load(conn)?)
}

/// Those of the plans that users have, each with the plan.
fn assigned(
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

fn standings(
    conn: &mut AnyConnection,
    users: &[UserId],
    ids: Vec<CertificationId>,
) -> Result<Vec<StandingRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(user_certifications::table
        .filter(user_certifications::user_id.eq_any(users.to_vec()))
        .filter(user_certifications::certification_id.eq_any(ids))
        .load(conn)?)
}

/// When users completed, without a fail, what certifications require.
fn completions(
    conn: &mut AnyConnection,
    users: &[UserId],
    required: &[(CertificationId, CourseId)],
) -> Result<BTreeMap<(UserId, CourseId), Option<Timestamp>>> {
    if required.is_empty() {
        return Ok(BTreeMap::new());
    }
    let required: BTreeSet<CourseId> = required.iter().map(|(_, course)| *course).collect();
    // All that they completed, by the index of their enrollments: asked for the courses too, SQLite
    // goes through everybody who is in one of them.
    let completions: Vec<(UserId, CourseId, Option<Timestamp>)> = enrollments::table
        .filter(enrollments::user_id.eq_any(users.to_vec()))
        .filter(enrollments::status.eq(EnrollmentStatus::Completed))
        .filter(enrollments::result.is_null().or(enrollments::result.ne(GradeResult::Fail)))
        .select((enrollments::user_id, enrollments::course_id, enrollments::completed_at))
        .load(conn)?;
    let required = completions.into_iter().filter(|(_, course, _)| required.contains(course));
    Ok(required.map(|(user, course, time)| ((user, course), time)).collect())
}
