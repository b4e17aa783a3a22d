//! Certifications, what they require, and which plans are made of them.

use diesel::prelude::*;

use super::{contains, locked, page::list_by_search_key};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::{certification_courses, certifications, plan_certifications},
    },
    domain::{
        entry::{Target, TargetType},
        ids::{self, CertificationId, CourseId, PlanId},
        text::fold,
        timestamp::Timestamp,
    },
    error::Result,
    journal::tx::Tx,
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

/// The certification of an id.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, id: CertificationId) -> Result<CertificationRow> {
    Ok(certifications::table.find(id).first(conn)?)
}

/// The certification of an id, locked until the transaction ends.
///
/// # Errors
/// `not_found`.
pub fn lock(tx: &mut Tx<'_>, id: CertificationId) -> Result<CertificationRow> {
    Ok(locked!(tx, certifications::table.find(id))?)
}

/// The list of certifications, by name, each with the courses that it requires.
#[derive(Clone, Debug, Default)]
pub struct CertificationQuery {
    /// Characters of the name.
    pub q: Option<String>,
}

impl CertificationQuery {
    fn filtered(&self) -> certifications::BoxedQuery<'static, MultiBackend> {
        let query = certifications::table.into_boxed::<MultiBackend>();
        match &self.q {
            Some(q) => query.filter(certifications::search_key.like(contains(q)).escape('\\')),
            None => query,
        }
    }
}

list_by_search_key!(
    CertificationQuery,
    certifications,
    CertificationRow,
    ids::Certification,
    with CourseId, courses_of
);

/// Adds a certification.
pub fn insert(tx: &mut Tx<'_>, row: &CertificationRow) -> Result<()> {
    diesel::insert_into(certifications::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Writes the certification's fields with the next version.
pub fn update(tx: &mut Tx<'_>, row: &mut CertificationRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    row.search_key = fold(&row.name);
    diesel::update(certifications::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}

/// The courses that a certification requires, in the order of their ids.
pub fn courses(conn: &mut AnyConnection, id: CertificationId) -> Result<Vec<CourseId>> {
    Ok(certification_courses::table
        .filter(certification_courses::certification_id.eq(id))
        .order(certification_courses::course_id)
        .select(certification_courses::course_id)
        .load(conn)?)
}

/// The courses that each of the certifications requires: pairs, in the order of their ids.
pub fn courses_of(
    conn: &mut AnyConnection,
    ids: Vec<CertificationId>,
) -> Result<Vec<(CertificationId, CourseId)>> {
    let of_rows =
        certification_courses::table.filter(certification_courses::certification_id.eq_any(ids));
    let order = (certification_courses::certification_id, certification_courses::course_id);
    Ok(of_rows.order(order).load(conn)?)
}

/// Sets the courses that a certification requires.
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

/// The certifications of a plan, in the order of their ids.
pub fn of_plan(conn: &mut AnyConnection, plan: PlanId) -> Result<Vec<CertificationId>> {
    Ok(plan_certifications::table
        .filter(plan_certifications::plan_id.eq(plan))
        .order(plan_certifications::certification_id)
        .select(plan_certifications::certification_id)
        .load(conn)?)
}

/// The certifications of each of the plans: pairs, in the order of their ids.
pub fn of_plans(
    conn: &mut AnyConnection,
    plans: Vec<PlanId>,
) -> Result<Vec<(PlanId, CertificationId)>> {
    let of_them = plan_certifications::table.filter(plan_certifications::plan_id.eq_any(plans));
    let order = (plan_certifications::plan_id, plan_certifications::certification_id);
    Ok(of_them.order(order).load(conn)?)
}

/// Sets the certifications of a plan.
pub fn set_of_plan(tx: &mut Tx<'_>, plan: PlanId, ids: &[CertificationId]) -> Result<()> {
    let of_one = plan_certifications::plan_id.eq(plan);
    diesel::delete(plan_certifications::table.filter(of_one)).execute(tx.write())?;
    for id in ids {
        let row = (of_one, plan_certifications::certification_id.eq(*id));
        diesel::insert_into(plan_certifications::table).values(row).execute(tx.write())?;
    }
    Ok(())
}
