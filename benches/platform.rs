//! A platform of 50,000 users, 1,000 groups and 1,000,000 entries: what the lists are measured on.

use std::time::Instant;

use daybook::{
    config::database_url::DatabaseUrl,
    db::{
        connection::{AnyConnection, open_writer},
        migrate,
        schema::{group_members, group_permissions, groups, supervisors, users},
    },
    domain::{
        group::{GroupPermission, GroupStatus},
        ids::{GroupId, Id},
        text::fold,
        user::{Role, UserKind, UserStatus},
    },
    store::{groups::GroupRow, users::UserRow},
};
use diesel::{ExpressionMethods, RunQueryDsl, connection::SimpleConnection};

use crate::{
    Result,
    fill::{fill, transaction},
    people::{
        ADMINISTRATOR, API_ACCOUNT, CALLERS, MANAGER_OF_30, MANAGER_OF_5000, SUPERVISED,
        SUPERVISOR, USERS, VIEWER_OF_300, VIEWER_OF_5000, VIEWER_OF_INACTIVE,
    },
    platform_learning, platform_log, print,
    random::{BEGIN, Random, time},
    seed::{insert, password_hash, user_row},
};

const GROUPS: u64 = 1_000;

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
    platform_learning::catalogue(conn)?;
    platform_learning::learning(conn, &users)?;
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
