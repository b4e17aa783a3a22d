//! The catalogue: courses, certifications and learning plans, and which of them belong together.

use daybook::{
    db::{
        connection::AnyConnection,
        schema::{certification_courses, plan_certifications},
    },
    domain::{
        catalogue::{CourseStatus, CourseType},
        ids::Any,
        text::fold,
    },
    store::{certifications::CertificationRow, courses::CourseRow, plans::PlanRow},
};
use diesel::{ExpressionMethods, RunQueryDsl};

use crate::{
    data::{
        ids::numbered_id,
        insert::fill,
        random::{FIRST_MILLIS, timestamp},
    },
    error::Result,
};

/// An active online course.
pub fn course_row(number: u64) -> CourseRow {
    let title = format!("Course {number:03}: Handling of Dangerous Goods");
    CourseRow {
        id: numbered_id(number),
        version: 1,
        created_at: timestamp(FIRST_MILLIS),
        updated_at: timestamp(FIRST_MILLIS),
        search_key: fold(&title),
        title,
        course_type: CourseType::Online,
        status: CourseStatus::Active,
    }
}

/// A certification that is valid for a year.
pub fn certification_row(number: u64) -> CertificationRow {
    let name = format!("Certificate {number:03}");
    CertificationRow {
        id: numbered_id(number),
        version: 1,
        created_at: timestamp(FIRST_MILLIS),
        updated_at: timestamp(FIRST_MILLIS),
        search_key: fold(&name),
        name,
        validity_days: Some(365),
    }
}

/// A learning plan.
pub fn plan_row(number: u64) -> PlanRow {
    let name = format!("Plan {number:03}");
    PlanRow {
        id: numbered_id(number),
        version: 1,
        created_at: timestamp(FIRST_MILLIS),
        updated_at: timestamp(FIRST_MILLIS),
        search_key: fold(&name),
        name,
    }
}

/// Inserts the courses of certifications, and the certifications of learning plans: for each pair of
/// numbers, the second belongs to the first.
pub fn link(conn: &mut AnyConnection, pairs: &[(u64, u64)]) -> Result<()> {
    let rows: Vec<_> = pairs
        .iter()
        .map(|(certification, course)| {
            (
                certification_courses::certification_id.eq(numbered_id::<Any>(*certification)),
                certification_courses::course_id.eq(numbered_id::<Any>(*course)),
            )
        })
        .collect();
    fill!(conn, certification_courses::table, rows);
    let rows: Vec<_> = pairs
        .iter()
        .map(|(plan, certification)| {
            (
                plan_certifications::plan_id.eq(numbered_id::<Any>(*plan)),
                plan_certifications::certification_id.eq(numbered_id::<Any>(*certification)),
            )
        })
        .collect();
    fill!(conn, plan_certifications::table, rows);
    Ok(())
}
