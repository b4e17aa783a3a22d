//! The groups of the platform, with their members and permissions, and who supervises whom.

use daybook::{
    db::{
        connection::AnyConnection,
        schema::{group_members, group_permissions, supervisors},
    },
    domain::{
        group::{GroupPermission, GroupStatus},
        ids::GroupId,
        text::fold,
    },
    store::{groups::GroupRow, users::UserRow},
};
use diesel::{ExpressionMethods, RunQueryDsl};

use crate::{
    data::{
        ids::numbered_id,
        insert::fill,
        random::{FIRST_MILLIS, timestamp},
    },
    error::Result,
    platform::people::{
        MANAGER_OF_30, MANAGER_OF_5000, SUPERVISED, SUPERVISOR, USERS, VIEWER_OF_300,
        VIEWER_OF_5000, VIEWER_OF_INACTIVE, is_inactive,
    },
};

/// How many groups the platform has.
pub const GROUPS: u64 = 1_000;

/// The home group of 5,000, whom a manager manages.
const HOME_OF_5000: u64 = 0;
/// The group of 5,000 whose results a viewer views.
const GROUP_OF_5000: u64 = 1;
/// The group of 300 whose results a viewer views.
const GROUP_OF_300: u64 = 2;
/// The group of the inactive users.
const GROUP_OF_INACTIVE: u64 = 3;
/// The home group of 30, whom a manager manages.
const HOME_OF_30: u64 = 4;

/// The rows of all groups.
pub fn group_rows() -> Vec<GroupRow> {
    let row = |number| {
        let name = format!("Group {number:04} of the platform");
        let search_key = fold(&name);
        let (created_at, updated_at) = (timestamp(FIRST_MILLIS), timestamp(FIRST_MILLIS));
        let status = if number % 50 == 49 { GroupStatus::Archived } else { GroupStatus::Active };
        GroupRow {
            id: numbered_id(number),
            version: 1,
            created_at,
            updated_at,
            name,
            search_key,
            status,
        }
    };
    (0..GROUPS).map(row).collect()
}

/// The home group of a user.
pub fn home_group(number: u64) -> u64 {
    match number {
        20_000..25_000 => HOME_OF_5000,
        30_000..30_030 => HOME_OF_30,
        _ => 10 + number % (GROUPS - 10),
    }
}

/// Inserts the members of the groups, the permissions on them, and the supervisors.
pub fn insert_memberships(conn: &mut AnyConnection, users: &[UserRow]) -> Result<()> {
    let (view, manage) = (GroupPermission::ViewLearnerResults, GroupPermission::ManageUsers);
    let mut permitted = vec![
        (VIEWER_OF_300, GROUP_OF_300, view),
        (VIEWER_OF_5000, GROUP_OF_5000, view),
        (VIEWER_OF_INACTIVE, GROUP_OF_INACTIVE, view),
        (MANAGER_OF_5000, HOME_OF_5000, manage),
        (MANAGER_OF_30, HOME_OF_30, manage),
    ];
    // Each of the other groups has a user who views it, and a user who manages its users.
    for group in 10..GROUPS {
        permitted.extend([(group, group, view), (group + GROUPS, group, manage)]);
    }
    let mut members: Vec<(u64, u64)> = Vec::new();
    for user in 0..USERS {
        members.push((home_group(user), user));
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
    let group_id = |number: u64| -> GroupId { numbered_id(number) };
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
    // The first thousand users share the others as their supervisors.
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
