//! The catalogue of the platform, and what its users have learned.

use daybook::{
    db::{
        connection::AnyConnection,
        schema::{
            certifications, courses, enrollments, external_training, learning_plans,
            plan_assignments, user_certifications,
        },
    },
    domain::{
        catalogue::{CourseStatus, CourseType},
        certification::CertificationStatus,
        date::Date,
        enrollment::EnrollmentStatus,
        entry::Source,
    },
    store::{
        courses::CourseRow, enrollments::EnrollmentRow, external_training::TrainingRow,
        plans::AssignmentRow, user_certifications::UserCertificationRow, users::UserRow,
    },
};
use diesel::RunQueryDsl;

use crate::{
    data::{
        catalogue::{certification_row, course_row, link, plan_row},
        ids::numbered_id,
        insert::fill,
        random::{FIRST_MILLIS, Random, timestamp},
    },
    error::Result,
    platform::people::{USERS, is_inactive},
};

/// How many courses there are, how many certifications, and how many learning plans.
const CATALOGUE: u64 = 500;
const ENROLLMENTS_PER_USER: u64 = 6;

/// Inserts courses, certifications with two courses, and learning plans with two certifications.
pub fn insert_catalogue(conn: &mut AnyConnection) -> Result<()> {
    let course = |number: u64| {
        let mut row: CourseRow = course_row(number);
        if number % 100 == 99 {
            row.course_type = CourseType::External;
        }
        if number % 50 == 49 {
            row.status = CourseStatus::Archived;
        }
        row
    };
    fill!(conn, courses::table, (0..CATALOGUE).map(course).collect::<Vec<_>>());
    fill!(conn, certifications::table, (0..CATALOGUE).map(certification_row).collect::<Vec<_>>());
    fill!(conn, learning_plans::table, (0..CATALOGUE).map(plan_row).collect::<Vec<_>>());
    let pairs = (0..CATALOGUE).flat_map(|it| [(it, it), (it, (it + 1) % CATALOGUE)]);
    link(conn, &pairs.collect::<Vec<_>>())
}

/// Inserts the enrollments of the users, their learning plans, certifications and external training.
pub fn insert_learning(conn: &mut AnyConnection, users: &[UserRow]) -> Result<()> {
    let mut random = Random(3);
    let mut rows = Vec::new();
    for round in 0..ENROLLMENTS_PER_USER {
        for (number, user) in users.iter().enumerate() {
            let number = number as u64;
            if is_inactive(number) && round > 0 {
                continue;
            }
            let millis = FIRST_MILLIS + (round * USERS + number) * 200_000;
            let status = match random.below(1_000) {
                0 => EnrollmentStatus::Cancelled,
                1..300 => EnrollmentStatus::Enrolled,
                300..500 => EnrollmentStatus::InProgress,
                _ => EnrollmentStatus::Completed,
            };
            let completed = (status == EnrollmentStatus::Completed).then_some(timestamp(millis));
            rows.push(EnrollmentRow {
                id: random.id(millis),
                version: 1,
                created_at: timestamp(millis),
                updated_at: timestamp(millis),
                user_id: user.id,
                // Another course in each round: no user is enrolled in one twice.
                course_id: numbered_id((number * 7 + round * 31) % CATALOGUE),
                status,
                source: Source::Admin,
                due_at: None,
                started_at: None,
                completed_at: completed,
                completion_method: None,
                grade: None,
                result: None,
            });
        }
    }
    fill!(conn, enrollments::table, rows);
    let three = || users.iter().enumerate().flat_map(|it| [(it, 0), (it, 1), (it, 2)]);
    let rows: Vec<_> = three()
        .map(|((number, user), nth)| AssignmentRow {
            user_id: user.id,
            plan_id: numbered_id((number as u64 + nth * 5) % CATALOGUE),
            source: Source::Group,
            assigned_at: timestamp(FIRST_MILLIS + nth),
            met_at: None,
        })
        .collect();
    fill!(conn, plan_assignments::table, rows);
    let rows: Vec<_> = three()
        .map(|((number, user), nth)| UserCertificationRow {
            user_id: user.id,
            certification_id: numbered_id((number as u64 + nth * 11) % CATALOGUE),
            status: CertificationStatus::Met,
            met_at: Some(timestamp(FIRST_MILLIS)),
            expires_at: None,
        })
        .collect();
    fill!(conn, user_certifications::table, rows);
    let rows: Vec<_> = users
        .iter()
        .enumerate()
        .map(|(number, user)| TrainingRow {
            id: random.id(FIRST_MILLIS + number as u64),
            created_at: timestamp(FIRST_MILLIS + number as u64),
            updated_at: timestamp(FIRST_MILLIS + number as u64),
            user_id: user.id,
            title: "First Aid at Work".to_owned(),
            provider: None,
            completed_on: Date::latest_at(timestamp(FIRST_MILLIS)),
            hours: None,
        })
        .collect();
    fill!(conn, external_training::table, rows);
    Ok(())
}
