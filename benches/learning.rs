//! Enrollments that are to be completed, each of which meets a certification and a plan.

use daybook::{
    db::{
        connection::AnyConnection,
        schema::{
            certification_courses, certifications, courses, enrollments, learning_plans,
            plan_assignments, plan_certifications,
        },
    },
    domain::{
        catalogue::{CourseStatus, CourseType},
        enrollment::EnrollmentStatus,
        entry::Source,
        ids::{Any, Id},
        text::fold,
    },
    store::{
        certifications::CertificationRow,
        courses::CourseRow,
        enrollments::EnrollmentRow,
        plans::{AssignmentRow, PlanRow},
        users::UserRow,
    },
};
use diesel::{ExpressionMethods, RunQueryDsl, connection::SimpleConnection};

use crate::{
    Result,
    fill::fill,
    random::{BEGIN, Random, enrollment_id, time},
};

fn thing<K>(number: u64) -> Id<K> {
    Random(number).id(BEGIN + number)
}

/// Enrolls all users in as many courses as make so many enrollments. Each course alone is a
/// certification, each certification alone a plan, and the plan is assigned to everybody.
pub fn seed(conn: &mut AnyConnection, users: &[UserRow], enrollments: u64) -> Result<()> {
    let catalogue = enrollments.div_ceil(users.len() as u64);
    let (created_at, updated_at, version) = (time(BEGIN), time(BEGIN), 1);
    let course = |number: u64| {
        let title = format!("Course {number:03}: Handling of Dangerous Goods");
        let (id, search_key) = (thing(number), fold(&title));
        let (course_type, status) = (CourseType::Online, CourseStatus::Active);
        CourseRow { id, version, created_at, updated_at, title, search_key, course_type, status }
    };
    fill!(conn, courses::table, (0..catalogue).map(course).collect::<Vec<_>>());
    let certification = |number: u64| {
        let name = format!("Certificate {number:03}");
        let (id, search_key, validity_days) = (thing(number), fold(&name), Some(365));
        CertificationRow { id, version, created_at, updated_at, name, search_key, validity_days }
    };
    fill!(conn, certifications::table, (0..catalogue).map(certification).collect::<Vec<_>>());
    let plan = |number: u64| {
        let name = format!("Plan {number:03}");
        let (id, search_key) = (thing(number), fold(&name));
        PlanRow { id, version, created_at, updated_at, name, search_key }
    };
    fill!(conn, learning_plans::table, (0..catalogue).map(plan).collect::<Vec<_>>());
    let of_course = |number: u64| {
        (
            certification_courses::certification_id.eq(thing::<Any>(number)),
            certification_courses::course_id.eq(thing::<Any>(number)),
        )
    };
    fill!(conn, certification_courses::table, (0..catalogue).map(of_course).collect::<Vec<_>>());
    let of_certification = |number: u64| {
        (
            plan_certifications::plan_id.eq(thing::<Any>(number)),
            plan_certifications::certification_id.eq(thing::<Any>(number)),
        )
    };
    let rows: Vec<_> = (0..catalogue).map(of_certification).collect();
    fill!(conn, plan_certifications::table, rows);
    for course in 0..catalogue {
        let rows: Vec<_> = users
            .iter()
            .enumerate()
            .map(|(number, user)| {
                enrollment(course, course * users.len() as u64 + number as u64, user)
            })
            .collect::<Result<_>>()?;
        fill!(conn, enrollments::table, rows);
        let rows: Vec<_> = users
            .iter()
            .map(|user| AssignmentRow {
                user_id: user.id,
                plan_id: thing(course),
                source: Source::Group,
                assigned_at: time(BEGIN),
                met_at: None,
            })
            .collect();
        fill!(conn, plan_assignments::table, rows);
    }
    Ok(())
}

fn enrollment(course: u64, number: u64, user: &UserRow) -> Result<EnrollmentRow> {
    Ok(EnrollmentRow {
        id: enrollment_id(number)?,
        version: 1,
        created_at: time(BEGIN),
        updated_at: time(BEGIN),
        user_id: user.id,
        course_id: thing(course),
        status: EnrollmentStatus::Enrolled,
        source: Source::Admin,
        due_at: None,
        started_at: None,
        completed_at: None,
        completion_method: None,
        grade: None,
        result: None,
    })
}

/// Takes back what an earlier run completed; how many enrollments there are. Their entries stay.
pub fn reset(conn: &mut AnyConnection) -> Result<u64> {
    conn.batch_execute(
        "DELETE FROM user_certifications; \
         UPDATE plan_assignments SET met_at = NULL WHERE met_at IS NOT NULL; \
         UPDATE enrollments SET status = 'enrolled', completed_at = NULL, completion_method = NULL \
         WHERE status <> 'enrolled'",
    )?;
    let count: i64 = diesel::QueryDsl::count(enrollments::table).get_result(conn)?;
    Ok(u64::try_from(count)?)
}
