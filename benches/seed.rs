//! What `make bench` measures on: users, a log for each of them, and enrollments to be completed.

use actix_web::rt::System;
use daybook::{
    auth::passwords::{Cost, Passwords},
    config::database_url::DatabaseUrl,
    db::{
        connection::{AnyConnection, open_writer},
        migrate,
        schema::{entries, users},
    },
    domain::{
        entry::{Action, Source, TargetType},
        ids::EntryId,
        text::fold,
        user::{Role, UserKind, UserStatus},
    },
    journal::entry::row::EntryRow,
    store::users::UserRow,
};
use diesel::{ExecuteCopyFromDsl, RunQueryDsl};

use crate::{
    Result,
    fill::transaction,
    learning,
    people::PASSWORD,
    random::{BEGIN, Random, time, user_id},
    stripped,
};

/// Those whose logs share the entries.
pub const USERS: u64 = 20_000;
/// One more, whose log is long.
pub const LONG_LOG: u64 = 20_000;
/// One more, who asks for everything.
pub const ADMINISTRATOR: u64 = 20_001;
/// The entries of any number are two years.
const SPAN: u64 = 63_072_000_000;

/// How many entries the long log has, beside so many of all others.
pub fn long_log(entries: u64) -> u64 {
    entries.min(60_000)
}

const GIVEN_NAMES: &[&str] =
    &["Anna", "Cristiano", "Sam", "Zoë", "Mehmet", "Ingrid", "Priya", "Tomás", "Wanjiru", "Li"];
const SURNAMES: &[&str] = &[
    "Lindqvist",
    "Ferreira",
    "Rivera",
    "Brontë",
    "Yılmaz",
    "Haugen",
    "Raman",
    "Novák",
    "Kamau",
    "Wei",
];
const COURSES: &[&str] = &[
    "Security Basics",
    "Forklift Training",
    "First Aid at Work",
    "Handling of Dangerous Goods",
    "Leadership for New Managers",
    "Data Protection 2026",
];
const NOTES: &[&str] = &[
    "Sam completed the live version of this course on June 12; the certificate is in his file.",
    "The due date was extended for maternity leave, as agreed with her supervisor by e-mail.",
    "By the new policy of the department, a grade below 70 % is a fail; the result was changed.",
];

/// A user of the benchmarks.
pub fn user_row(number: u64) -> Result<UserRow> {
    let given_name = GIVEN_NAMES[(number % 10) as usize].to_owned();
    let surname = SURNAMES[(number / 10 % 10) as usize].to_owned();
    let email = format!("learner-{number}@example.com");
    let name_key = fold(&format!("{given_name} {surname}"));
    Ok(UserRow {
        id: user_id(number)?,
        version: 1,
        created_at: time(BEGIN),
        updated_at: time(BEGIN),
        email_key: Some(fold(&email)),
        search_key: format!("{name_key}\n{email}"),
        email: Some(email),
        given_name,
        surname,
        name_key,
        kind: UserKind::Person,
        employee_id: Some(format!("E{number:06}")),
        status: UserStatus::Active,
        role: Role::Learner,
        time_zone: "Europe/Lisbon".to_owned(),
        password_hash: None,
        home_group_id: None,
        log_moves: 0,
    })
}

/// One entry: every tenth is a note, the others tell of what happened to a user in a course.
pub fn entry_row(random: &mut Random, user: &UserRow, by: &UserRow, millis: u64) -> EntryRow {
    let id: EntryId = random.id(millis);
    let course = random.below(COURSES.len() as u64) as usize;
    let (name, title) = (user.name(), COURSES[course]);
    let mut row = EntryRow {
        user_id: user.id,
        occurred_at: time(millis),
        id,
        recorded_at: time(millis),
        action: Action::Note,
        source: Source::Admin,
        created_by_id: None,
        created_by_name: None,
        created_by_kind: None,
        entered_by_id: Some(by.id),
        entered_by_name: Some(by.name()),
        entered_by_kind: Some(by.kind),
        relates_to: None,
        description: None,
        target_type: None,
        target_id: None,
        target_name: None,
        changes: None,
        external_id: None,
        notes: None,
        revision: None,
        edited_at: None,
        edited_by_id: None,
        edited_by_name: None,
        edited_by_kind: None,
        search_key: String::new(),
    };
    if random.below(10) == 0 {
        let notes = random.one_of(NOTES);
        row.created_by_id = Some(by.id);
        row.created_by_name = Some(by.name());
        row.created_by_kind = Some(by.kind);
        row.notes = Some(notes.to_owned());
        row.revision = Some(1);
        row.search_key = fold(notes);
        return row;
    }
    let day = random.below(28) + 1;
    let (action, what, changes) = match random.below(5) {
        0 => (Action::EnrollmentCreated, "was enrolled in", "[]".to_owned()),
        1 => (Action::EnrollmentStarted, "began", "[]".to_owned()),
        2 => (
            Action::EnrollmentCompleted,
            "completed",
            r#"[{"field":"status","before":"in_progress","after":"completed"}]"#.to_owned(),
        ),
        3 => (
            Action::EnrollmentDueDateChanged,
            "has a new due date for",
            format!(
                r#"[{{"field":"due_at","before":null,"after":"2026-07-{day:02}T00:00:00.000Z"}}]"#
            ),
        ),
        _ => (
            Action::EnrollmentGradeChanged,
            "has a new grade in",
            format!(r#"[{{"field":"grade","before":null,"after":{}.0}}]"#, 50 + day),
        ),
    };
    let description = format!("{name} {what} “{title}”.");
    row.action = action;
    row.search_key = fold(&description);
    row.description = Some(description);
    row.target_type = Some(TargetType::Course);
    // A course has one id, whoever is in it.
    row.target_id = Some(Random(course as u64).id(BEGIN));
    row.target_name = Some(title.to_owned());
    row.changes = Some(changes);
    row
}

/// Fills an empty database with so many entries of [`USERS`], in order of time, each time in another
/// order of users: no log lies together by chance. Goes round the service, as a restored backup does.
pub fn seed(url: &DatabaseUrl, count: u64, enrollments: u64) -> Result<()> {
    migrate::up(url).map_err(|error| error.to_string())?;
    let mut conn = open_writer(url).map_err(|error| error.to_string())?;
    let mut users: Vec<UserRow> = (0..=ADMINISTRATOR).map(user_row).collect::<Result<_>>()?;
    let administrator = &mut users[ADMINISTRATOR as usize];
    administrator.role = Role::Administrator;
    administrator.password_hash = Some(password_hash()?);
    let stripped = stripped::strip(&mut conn)?;
    transaction(&mut conn, |conn| insert(conn, &users, &[]))?;
    let rounds = (count / USERS).max(1);
    let long = long_log(count) / rounds;
    let mut order: Vec<usize> = (0..USERS as usize).collect();
    order.resize((USERS + long) as usize, LONG_LOG as usize);
    let step = SPAN / (rounds * (USERS + long));
    let (mut random, mut now) = (Random(1), BEGIN);
    let mut rest = rounds;
    while rest > 0 {
        // SQLite writes a page of each log at each commit: so there are few.
        let some = rest.min(50);
        transaction(&mut conn, |conn| {
            for _ in 0..some {
                for at in (1..order.len()).rev() {
                    order.swap(at, random.below(at as u64 + 1) as usize);
                }
                let mut rows = Vec::with_capacity(order.len());
                for user in &order {
                    let by = &users[random.below(USERS) as usize];
                    rows.push(entry_row(&mut random, &users[*user], by, now));
                    now += step;
                }
                insert(conn, &[], &rows)?;
            }
            Ok(())
        })?;
        rest -= some;
    }
    learning::seed(&mut conn, &users[..USERS as usize], enrollments)?;
    stripped.restore(&mut conn)
}

/// The hash of everybody's password.
pub fn password_hash() -> Result<String> {
    let passwords = Passwords::new(Cost::default(), 1).map_err(|error| error.to_string())?;
    let hashed = System::new().block_on(passwords.hash(PASSWORD.to_owned()));
    Ok(hashed.map_err(|error| error.to_string())?)
}

/// Puts users and entries into their tables.
pub fn insert(conn: &mut AnyConnection, users: &[UserRow], entries: &[EntryRow]) -> Result<()> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            // One by one: such a statement stays prepared, and one of many rows does not.
            for row in users {
                diesel::insert_into(users::table).values(row).execute(conn)?;
            }
            for row in entries {
                diesel::insert_into(entries::table).values(row).execute(conn)?;
            }
        }
        AnyConnection::Postgres(conn) => {
            for rows in users.chunks(1_000) {
                diesel::insert_into(users::table).values(rows).execute(conn)?;
            }
            if !entries.is_empty() {
                diesel::copy_from(entries::table).from_insertable(entries).execute(conn)?;
            }
        }
    }
    Ok(())
}
