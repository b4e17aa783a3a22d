//! What there is to learn on the platform, and who is in it.

use daybook::{
    db::{
        connection::AnyConnection,
        schema::{
            certification_courses, certifications, courses, enrollments, external_training,
            learning_plans, plan_assignments, plan_certifications, user_certifications,
        },
    },
    domain::{
        catalogue::{CourseStatus, CourseType},
        certification::CertificationStatus,
        date::Date,
        enrollment::EnrollmentStatus,
        entry::Source,
        ids::Any,
        text::fold,
    },
    store::{
        certifications::CertificationRow,
        courses::CourseRow,
        enrollments::EnrollmentRow,
        external_training::TrainingRow,
        plans::{AssignmentRow, PlanRow},
        user_certifications::UserCertificationRow,
        users::UserRow,
    },
};
use diesel::{ExpressionMethods, RunQueryDsl};

use crate::{
    Result,
    fill::fill,
    people::USERS,
    platform::{is_inactive, thing},
    random::{BEGIN, Random, time},
};

/// Of courses, certifications and plans.
const CATALOGUE: u64 = 500;
const ENROLLMENTS_PER_USER: u64 = 6;

/// Courses, certifications and plans.
pub fn catalogue(conn: &mut AnyConnection) -> Result<()> {
    let (created_at, updated_at, version) = (time(BEGIN), time(BEGIN), 1);
    let course = |number: u64| {
        let title = format!("Course {number:03}: Handling of Dangerous Goods");
        let search_key = fold(&title);
        let course_type =
            if number % 100 == 99 { CourseType::External } else { CourseType::Online };
        let status = if number % 50 == 49 { CourseStatus::Archived } else { CourseStatus::Active };
        let id = thing(number);
        CourseRow { id, version, created_at, updated_at, title, search_key, course_type, status }
    };
    fill!(conn, courses::table, (0..CATALOGUE).map(course).collect::<Vec<_>>());
    let certification = |number: u64| {
        let name = format!("Certificate {number:03}");
        let search_key = fold(&name);
        let (id, validity_days) = (thing(number), Some(365));
        CertificationRow { id, version, created_at, updated_at, name, search_key, validity_days }
    };
    fill!(conn, certifications::table, (0..CATALOGUE).map(certification).collect::<Vec<_>>());
    let plan = |number: u64| {
        let name = format!("Plan {number:03}");
        let search_key = fold(&name);
        PlanRow { id: thing(number), version, created_at, updated_at, name, search_key }
    };
    fill!(conn, learning_plans::table, (0..CATALOGUE).map(plan).collect::<Vec<_>>());
    let pairs = || (0..CATALOGUE).flat_map(|it| [(it, it), (it, (it + 1) % CATALOGUE)]);
    let rows: Vec<_> = pairs()
        .map(|(one, other)| {
            (
                certification_courses::certification_id.eq(thing::<Any>(one)),
                certification_courses::course_id.eq(thing::<Any>(other)),
            )
        })
        .collect();
    fill!(conn, certification_courses::table, rows);
    let rows: Vec<_> = pairs()
        .map(|(one, other)| {
            (
                plan_certifications::plan_id.eq(thing::<Any>(one)),
                plan_certifications::certification_id.eq(thing::<Any>(other)),
            )
        })
        .collect();
    fill!(conn, plan_certifications::table, rows);
    Ok(())
}

/// What the users of the platform are in, have met and have learned elsewhere.
pub fn learning(conn: &mut AnyConnection, users: &[UserRow]) -> Result<()> {
    let mut random = Random(3);
    let mut rows = Vec::new();
    for round in 0..ENROLLMENTS_PER_USER {
        for (number, user) in users.iter().enumerate() {
            let number = number as u64;
            if is_inactive(number) && round > 0 {
                continue;
            }
            let millis = BEGIN + (round * USERS + number) * 200_000;
            let status = match random.below(1_000) {
                0 => EnrollmentStatus::Cancelled,
                1..300 => EnrollmentStatus::Enrolled,
                300..500 => EnrollmentStatus::InProgress,
                _ => EnrollmentStatus::Completed,
            };
            let completed = (status == EnrollmentStatus::Completed).then_some(time(millis));
            rows.push(EnrollmentRow {
                id: random.id(millis),
                version: 1,
                created_at: time(millis),
                updated_at: time(millis),
                user_id: user.id,
                // Another course each time: nobody is in one twice.
                course_id: thing((number * 7 + round * 31) % CATALOGUE),
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
            plan_id: thing((number as u64 + nth * 5) % CATALOGUE),
            source: Source::Group,
            assigned_at: time(BEGIN + nth),
            met_at: None,
        })
        .collect();
    fill!(conn, plan_assignments::table, rows);
    let rows: Vec<_> = three()
        .map(|((number, user), nth)| UserCertificationRow {
            user_id: user.id,
            certification_id: thing((number as u64 + nth * 11) % CATALOGUE),
            status: CertificationStatus::Met,
            met_at: Some(time(BEGIN)),
            expires_at: None,
        })
        .collect();
    fill!(conn, user_certifications::table, rows);
    let rows: Vec<_> = users
        .iter()
        .enumerate()
        .map(|(number, user)| TrainingRow {
            id: random.id(BEGIN + number as u64),
            created_at: time(BEGIN + number as u64),
            updated_at: time(BEGIN + number as u64),
            user_id: user.id,
            title: "First Aid at Work".to_owned(),
            provider: None,
            completed_on: Date::latest_at(time(BEGIN)),
            hours: None,
        })
        .collect();
    fill!(conn, external_training::table, rows);
    Ok(())
}
