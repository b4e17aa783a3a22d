//! Fills a database for `make bench`.

use daybook::{
    config::database_url::DatabaseUrl,
    db::{connection::open_writer, migrate},
    domain::user::Role,
    store::users::UserRow,
};

use crate::{
    data::{
        enrollments::seed_enrollments,
        entries::entry_row,
        indexes::DroppedIndexes,
        insert::{insert, record, settle, transaction},
        random::{FIRST_MILLIS, Random},
        users::{ADMINISTRATOR, LONG_LOG, USERS, password_hash, user_row},
    },
    error::Result,
};

/// The time from the first entry to the last, in milliseconds: two years, for any number of entries.
pub const SPAN_MILLIS: u64 = 63_072_000_000;
/// How many rounds one transaction writes. SQLite writes a page of each log at each commit, so there
/// are few commits.
const ROUNDS_PER_COMMIT: u64 = 50;

/// The length of the long log, where all other logs together have `entries`.
pub fn long_log(entries: u64) -> u64 {
    entries.min(60_000)
}

/// Fills an empty database with `count` entries of [`USERS`] and with enrollments to complete.
///
/// The entries are in order of time, and each round takes the users in another order, so that no log
/// is contiguous by chance. The rows bypass the service; the journal makes their records.
pub fn seed(url: &DatabaseUrl, count: u64, enrollments: u64) -> Result<()> {
    migrate::up(url).map_err(|error| error.to_string())?;
    let mut conn = open_writer(url).map_err(|error| error.to_string())?;
    let mut users: Vec<UserRow> = (0..=ADMINISTRATOR).map(user_row).collect::<Result<_>>()?;
    let administrator = &mut users[ADMINISTRATOR as usize];
    administrator.role = Role::Administrator;
    administrator.password_hash = Some(password_hash()?);
    let dropped = DroppedIndexes::drop_from(&mut conn)?;
    transaction(&mut conn, |conn| insert(conn, &users, &[]))?;
    let rounds = (count / USERS).max(1);
    let long = long_log(count) / rounds;
    let mut order: Vec<usize> = (0..USERS as usize).collect();
    order.resize((USERS + long) as usize, LONG_LOG as usize);
    let step = SPAN_MILLIS / (rounds * (USERS + long));
    let (mut random, mut millis) = (Random(1), FIRST_MILLIS);
    let mut remaining = rounds;
    while remaining > 0 {
        let some = remaining.min(ROUNDS_PER_COMMIT);
        transaction(&mut conn, |conn| {
            for _ in 0..some {
                for at in (1..order.len()).rev() {
                    order.swap(at, random.below(at as u64 + 1) as usize);
                }
                let mut rows = Vec::with_capacity(order.len());
                for user in &order {
                    let by = &users[random.below(USERS) as usize];
                    rows.push(entry_row(&mut random, &users[*user], by, millis));
                    millis += step;
                }
                insert(conn, &[], &rows)?;
                record(conn, &rows)?;
            }
            Ok(())
        })?;
        settle(&mut conn)?;
        remaining -= some;
    }
    seed_enrollments(&mut conn, &users[..USERS as usize], enrollments)?;
    dropped.restore(&mut conn)
}
