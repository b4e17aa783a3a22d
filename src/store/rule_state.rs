//! The state that the rules apply to: read at once for many users, and written at once.

mod queries;

use std::collections::{BTreeMap, BTreeSet};

use diesel::{prelude::*, upsert::excluded};

use super::{
    certifications::{self, CertificationRow},
    plans::{AssignmentRow, PlanRow},
    user_certifications::UserCertificationRow,
    users::UserRow,
};
use crate::{
    db::{
        connection::AnyConnection,
        direct::direct,
        schema::{plan_assignments, user_certifications},
    },
    domain::{
        ids::{self, CertificationId, CourseId, Id, PlanId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
    journal::tx::Tx,
};

/// The certifications and plans of some users, who are locked. [`RuleState::write`] puts what is
/// set here into the database.
pub struct RuleState {
    /// The courses that each certification requires.
    courses: BTreeMap<CertificationId, Vec<CourseId>>,
    plans: BTreeMap<PlanId, PlanRow>,
    /// The certifications of each plan.
    plan_certifications: BTreeMap<PlanId, Vec<CertificationId>>,
    /// When users completed courses without a fail.
    completions: BTreeMap<(UserId, CourseId), Option<Timestamp>>,
    certifications: Rows<ids::Certification, UserCertificationRow>,
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

impl RuleState {
    /// Reads the state of users: of these certifications and plans, and of the users' plans that
    /// one of the certifications belongs to.
    pub fn read(
        conn: &mut AnyConnection,
        users: &[UserRow],
        certifications: &[CertificationRow],
        plans: &[PlanRow],
    ) -> Result<Self> {
        let users: Vec<UserId> = users.iter().map(|user| user.id).collect();
        let mut certification_ids: Vec<CertificationId> =
            certifications.iter().map(|it| it.id).collect();
        let courses = certifications::courses_of(conn, certification_ids.clone())?;
        let mut plan_ids = queries::plans_with(conn, &certification_ids)?;
        plan_ids.extend(plans.iter().map(|plan| plan.id));
        let assigned = queries::assigned(conn, &users, plan_ids)?;
        let all_plans = plans.iter().chain(assigned.iter().map(|(_, plan)| plan));
        let plans: BTreeMap<PlanId, PlanRow> =
            all_plans.map(|plan| (plan.id, plan.clone())).collect();
        let of_plans = certifications::of_plans(conn, plans.keys().copied().collect())?;
        certification_ids.extend(of_plans.iter().map(|(_, certification)| certification));
        let assignments = assigned.into_iter().map(|(assignment, _)| assignment).collect();
        Ok(Self {
            plans,
            plan_certifications: lists(of_plans),
            completions: queries::completions(conn, &users, &courses)?,
            courses: lists(courses),
            certifications: Rows::read(
                queries::user_certifications(conn, &users, certification_ids)?,
                certification_key,
            ),
            assignments: Rows::read(assignments, assignment_key),
        })
    }

    /// The courses that a certification requires.
    pub fn courses(&self, certification: CertificationId) -> &[CourseId] {
        self.courses.get(&certification).map_or(&[], Vec::as_slice)
    }

    /// The certifications of a plan.
    pub fn certifications_of_plan(&self, plan: PlanId) -> &[CertificationId] {
        self.plan_certifications.get(&plan).map_or(&[], Vec::as_slice)
    }

    /// When a user completed a course without a fail; `None` where they did not.
    pub fn completion(&self, user: UserId, course: CourseId) -> Option<Option<Timestamp>> {
        self.completions.get(&(user, course)).copied()
    }

    /// The status of a user's certification; `None` where they never met it.
    pub fn certification(
        &self,
        user: UserId,
        id: CertificationId,
    ) -> Option<&UserCertificationRow> {
        self.certifications.all.get(&(user, id))
    }

    /// Sets the status of a user's certification.
    pub fn set_certification(&mut self, row: UserCertificationRow) {
        self.certifications.set(certification_key(&row), row);
    }

    /// A plan with its assignment to a user, if they have it.
    pub fn assignment(&self, user: UserId, plan: PlanId) -> Option<(&AssignmentRow, &PlanRow)> {
        Some((self.assignments.all.get(&(user, plan))?, self.plans.get(&plan)?))
    }

    /// Assigns a plan to a user, or sets since when they meet it.
    pub fn set_assignment(&mut self, row: AssignmentRow) {
        self.assignments.set(assignment_key(&row), row);
    }

    /// The user's plans that a certification belongs to, in the order of their ids.
    pub fn plans_with(&self, user: UserId, id: CertificationId) -> Vec<PlanId> {
        let of_plans = self.plan_certifications.iter();
        let plans = of_plans.filter(|(_, ids)| ids.contains(&id)).map(|(plan, _)| *plan);
        plans.filter(|plan| self.assignments.all.contains_key(&(user, *plan))).collect()
    }

    /// Writes all that was set.
    pub fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        for rows in self.certifications.to_write().chunks(ROWS_PER_INSERT) {
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

/// The most rows in one statement: both databases accept so many.
const ROWS_PER_INSERT: usize = 500;

fn certification_key(row: &UserCertificationRow) -> (UserId, CertificationId) {
    (row.user_id, row.certification_id)
}

fn assignment_key(row: &AssignmentRow) -> (UserId, PlanId) {
    (row.user_id, row.plan_id)
}

/// The values of each key, from pairs.
fn lists<K: Ord, V>(pairs: Vec<(K, V)>) -> BTreeMap<K, Vec<V>> {
    let mut lists: BTreeMap<K, Vec<V>> = BTreeMap::new();
    for (key, value) in pairs {
        lists.entry(key).or_default().push(value);
    }
    lists
}
