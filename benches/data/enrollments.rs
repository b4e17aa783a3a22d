//! Enrollments to complete: each completion meets a certification and a learning plan.

use daybook::{
    db::{
        connection::AnyConnection,
        schema::{certifications, courses, enrollments, learning_plans, plan_assignments},
    },
    domain::{enrollment::EnrollmentStatus, entry::Source},
    store::{enrollments::EnrollmentRow, plans::AssignmentRow, users::UserRow},
};
use diesel::{QueryDsl, RunQueryDsl, connection::SimpleConnection};

use crate::{
    data::{
        catalogue::{certification_row, course_row, link, plan_row},
        ids::{enrollment_id, numbered_id},
        insert::fill,
        random::{FIRST_MILLIS, timestamp},
    },
    error::Result,
};

/// Enrolls all users in as many courses as `count` needs. Each course has a certification of its own,
/// each certification a learning plan, and the plan is assigned to all users.
pub fn seed_enrollments(conn: &mut AnyConnection, users: &[UserRow], count: u64) -> Result<()> {
    let courses = count.div_ceil(users.len() as u64);
    fill!(conn, courses::table, (0..courses).map(course_row).collect::<Vec<_>>());
    fill!(conn, certifications::table, (0..courses).map(certification_row).collect::<Vec<_>>());
    fill!(conn, learning_plans::table, (0..courses).map(plan_row).collect::<Vec<_>>());
    link(conn, &(0..courses).map(|number| (number, number)).collect::<Vec<_>>())?;
    for course in 0..courses {
        let first = course * users.len() as u64;
        let rows: Vec<_> = users
            .iter()
            .zip(first..)
            .map(|(user, number)| enrollment_row(course, number, user))
            .collect::<Result<_>>()?;
        fill!(conn, enrollments::table, rows);
        let rows: Vec<_> = users
            .iter()
            .map(|user| AssignmentRow {
                user_id: user.id,
                plan_id: numbered_id(course),
                source: Source::Group,
                assigned_at: timestamp(FIRST_MILLIS),
                met_at: None,
            })
            .collect();
        fill!(conn, plan_assignments::table, rows);
    }
    Ok(())
}

fn enrollment_row(course: u64, number: u64, user: &UserRow) -> Result<EnrollmentRow> {
    Ok(EnrollmentRow {
        id: enrollment_id(number)?,
        version: 1,
        created_at: timestamp(FIRST_MILLIS),
        updated_at: timestamp(FIRST_MILLIS),
        user_id: user.id,
        course_id: numbered_id(course),
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

/// Undoes the completions of an earlier run, and returns how many enrollments there are. The entries
/// of the completions stay.
pub fn reset_enrollments(conn: &mut AnyConnection) -> Result<u64> {
    conn.batch_execute(
        "DELETE FROM user_certifications; \
         UPDATE plan_assignments SET met_at = NULL WHERE met_at IS NOT NULL; \
         UPDATE enrollments SET status = 'enrolled', completed_at = NULL, completion_method = NULL \
         WHERE status <> 'enrolled'",
    )?;
    let count: i64 = enrollments::table.count().get_result(conn)?;
    Ok(u64::try_from(count)?)
}
