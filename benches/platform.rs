//! A platform of 50,000 users, 1,000 groups and 1,000,000 entries: what the lists are measured on.

use std::time::Instant;

use daybook::{
    config::DatabaseUrl,
    db::{
        AnyConnection,
        connection::open_writer,
        migrate,
        schema::{
            certification_courses, certifications, courses, enrollments, external_training,
            group_members, group_permissions, groups, learning_plans, plan_assignments,
            plan_certifications, supervisors, user_certifications, users,
        },
    },
    domain::{
        catalogue::{CourseStatus, CourseType},
        certification::CertificationStatus,
        date::Date,
        enrollment::EnrollmentStatus,
        entry::Source,
        group::{GroupPermission, GroupStatus},
        ids::{Any, GroupId, Id},
        text::fold,
        user::{Role, UserKind, UserStatus},
    },
    store::{
        certifications::CertificationRow, courses::CourseRow, enrollments::EnrollmentRow,
        external_training::TrainingRow, groups::GroupRow, plans::AssignmentRow, plans::PlanRow,
        standings::StandingRow, users::UserRow,
    },
};
use diesel::{ExpressionMethods, RunQueryDsl, connection::SimpleConnection};

use crate::{
    Result,
    fill::{fill, transaction},
    people::{
        ADMINISTRATOR, API_ACCOUNT, CALLERS, MANAGER_OF_30, MANAGER_OF_5000, SUPERVISED,
        SUPERVISOR, USERS, VIEWER_OF_300, VIEWER_OF_5000, VIEWER_OF_INACTIVE,
    },
    platform_log, print,
    random::{BEGIN, Random, time},
    seed::{insert, password_hash, user_row},
};

const GROUPS: u64 = 1_000;
/// Of courses, certifications and plans.
const CATALOGUE: u64 = 500;
const ENROLLMENTS_PER_USER: u64 = 6;

/// The group whose home users somebody manages: 5,000.
const HOME_OF_5000: u64 = 0;
/// The group of 5,000 whose results somebody views.
const GROUP_OF_5000: u64 = 1;
/// The group of 300 whose results somebody views.
const GROUP_OF_300: u64 = 2;
/// The group of those of whom the log tells nothing new.
const GROUP_OF_INACTIVE: u64 = 3;
/// The group whose home users somebody manages: 30.
const HOME_OF_30: u64 = 4;

/// The id of the thing of a number.
pub fn thing<K>(number: u64) -> Id<K> {
    Random(number).id(BEGIN + number)
}

/// The users of whom the log tells something in its first tenth alone.
pub fn is_inactive(user: u64) -> bool {
    (10_000..11_000).contains(&user)
}

/// Goes round the service, as a restored backup does: what is measured is reading.
pub fn seed(url: &DatabaseUrl) -> Result<()> {
    let begun = Instant::now();
    migrate::up(url).map_err(|error| error.to_string())?;
    let mut conn = open_writer(url).map_err(|error| error.to_string())?;
    let conn = &mut conn;
    if let AnyConnection::Sqlite(conn) = conn {
        conn.batch_execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000")?;
    }
    fill!(conn, groups::table, group_rows());
    let users = user_rows()?;
    fill!(conn, users::table, &users);
    memberships(conn, &users)?;
    catalogue(conn)?;
    learning(conn, &users)?;
    let mut random = Random(2);
    for from in (0..platform_log::ENTRIES).step_by(20_000) {
        let rows: Vec<_> = (from..from + 20_000)
            .map(|number| platform_log::entry(&mut random, &users, number))
            .collect();
        transaction(conn, |conn| insert(conn, &[], &rows))?;
    }
    match conn {
        // Without ANALYZE, which nobody runs on SQLite: the plans have to be right by themselves.
        AnyConnection::Sqlite(conn) => conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?,
        AnyConnection::Postgres(conn) => conn.batch_execute("VACUUM ANALYZE")?,
    }
    let entries = platform_log::ENTRIES;
    print(&format!(
        "{USERS} users, {GROUPS} groups, {entries} entries in {:.0?}\n",
        begun.elapsed()
    ))
}

fn group_rows() -> Vec<GroupRow> {
    let row = |number| {
        let name = format!("Group {number:04} of the platform");
        let search_key = fold(&name);
        let (created_at, updated_at) = (time(BEGIN), time(BEGIN));
        let status = if number % 50 == 49 { GroupStatus::Archived } else { GroupStatus::Active };
        GroupRow { id: thing(number), version: 1, created_at, updated_at, name, search_key, status }
    };
    (0..GROUPS).map(row).collect()
}

/// The group that is the home of a user.
fn home(number: u64) -> u64 {
    match number {
        20_000..25_000 => HOME_OF_5000,
        30_000..30_030 => HOME_OF_30,
        _ => 10 + number % (GROUPS - 10),
    }
}

fn user_rows() -> Result<Vec<UserRow>> {
    let hash = password_hash()?;
    let row = |number| {
        let mut row = user_row(number)?;
        row.created_at = time(BEGIN + number);
        row.home_group_id = Some(thing(home(number)));
        if CALLERS.contains(&number) {
            row.password_hash = Some(hash.clone());
        } else if number % 20 == 7 {
            row.status = UserStatus::Inactive;
        }
        if number == ADMINISTRATOR || number % 10_000 == 1 {
            row.role = Role::Administrator;
        }
        if number == API_ACCOUNT || number % 5_000 == 3 {
            row.kind = UserKind::Api;
        }
        Ok(row)
    };
    (0..USERS).map(row).collect()
}

fn memberships(conn: &mut AnyConnection, users: &[UserRow]) -> Result<()> {
    let (view, manage) = (GroupPermission::ViewLearnerResults, GroupPermission::ManageUsers);
    let mut permitted = vec![
        (VIEWER_OF_300, GROUP_OF_300, view),
        (VIEWER_OF_5000, GROUP_OF_5000, view),
        (VIEWER_OF_INACTIVE, GROUP_OF_INACTIVE, view),
        (MANAGER_OF_5000, HOME_OF_5000, manage),
        (MANAGER_OF_30, HOME_OF_30, manage),
    ];
    // Each of the other groups has somebody who views it, and somebody who manages its users.
    for group in 10..GROUPS {
        permitted.extend([(group, group, view), (group + GROUPS, group, manage)]);
    }
    let mut members: Vec<(u64, u64)> = Vec::new();
    for user in 0..USERS {
        members.push((home(user), user));
        members.push((10 + user * 7 % (GROUPS - 10), user));
        if user % 10 == 0 {
            members.push((GROUP_OF_5000, user));
        }
        if user % 166 == 0 && user < 300 * 166 {
            members.push((GROUP_OF_300, user));
        }
        if is_inactive(user) {
            members.push((GROUP_OF_INACTIVE, user));
        }
    }
    members.extend(permitted.iter().map(|(user, group, _)| (*group, *user)));
    members.sort_unstable();
    members.dedup();
    let group_id = |number: u64| -> GroupId { thing(number) };
    let id = |number: u64| users[number as usize].id;
    let rows: Vec<_> = members
        .iter()
        .map(|(group, user)| {
            (group_members::group_id.eq(group_id(*group)), group_members::user_id.eq(id(*user)))
        })
        .collect();
    fill!(conn, group_members::table, rows);
    let rows: Vec<_> = permitted
        .iter()
        .map(|(user, group, permission)| {
            (
                group_permissions::user_id.eq(id(*user)),
                group_permissions::permission.eq(*permission),
                group_permissions::group_id.eq(group_id(*group)),
            )
        })
        .collect();
    fill!(conn, group_permissions::table, rows);
    // Who is not told otherwise is supervised by one of a thousand.
    let mut supervised: Vec<(u64, u64)> = (2_000..USERS).map(|user| (user, user % 1_000)).collect();
    supervised.extend(SUPERVISED.map(|user| (user, SUPERVISOR)));
    let rows: Vec<_> = supervised
        .iter()
        .map(|(user, by)| {
            (supervisors::user_id.eq(id(*user)), supervisors::supervisor_id.eq(id(*by)))
        })
        .collect();
    fill!(conn, supervisors::table, rows);
    Ok(())
}

fn catalogue(conn: &mut AnyConnection) -> Result<()> {
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

fn learning(conn: &mut AnyConnection, users: &[UserRow]) -> Result<()> {
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
        .map(|((number, user), nth)| StandingRow {
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
