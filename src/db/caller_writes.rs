//! How often each caller wrote, counted for a read replica in the table `caller_writes`.
//!
//! Every change counts the writes of its caller in its own transaction. A copy of the database has
//! caught up with a caller once it shows as many as the primary does. A row that is counted up is
//! locked until the commit, so a count is reached only after those before it. This assumes nothing
//! about how the copy is made (D-09). The heartbeat is the time, written beside the counts: a copy
//! whose heartbeat is old no longer follows.

use std::collections::BTreeSet;

use diesel::{PgConnection, prelude::*, sql_types::Array};
use uuid::Uuid;

use super::{connection::AnyConnection, direct::direct, schema::caller_writes, types::SqlId};
use crate::{
    domain::{ids::UserId, timestamp::Timestamp},
    error::{Error, Result},
};

/// How old a heartbeat may be, in seconds: several intervals of the service.
const HEARTBEAT_AGE_MAX: i64 = 60;

/// The caller whose row has the heartbeat.
const HEARTBEAT: UserId = UserId::from_uuid(Uuid::nil());

/// How often callers wrote: the caller, the slot, and the count.
pub(super) type Writes = Vec<(UserId, i32, i64)>;

/// How often callers wrote, as far as this copy of the database shows.
pub(super) fn writes_of(conn: &mut AnyConnection, callers: &[UserId]) -> Result<Writes> {
    let query = caller_writes::table.filter(caller_writes::user_id.eq_any(callers)).select((
        caller_writes::user_id,
        caller_writes::slot,
        caller_writes::writes,
    ));
    Ok(direct!(conn, query.load(conn))?)
}

/// How far a copy of the database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It has what the caller wrote.
    CaughtUp,
    /// It does not have all of that yet.
    Behind,
    /// Its heartbeat is too old: it no longer follows.
    Stopped,
}

/// How far this copy is for a caller who wrote `wanted` on the primary.
pub(super) fn progress(
    conn: &mut AnyConnection,
    caller: Option<UserId>,
    wanted: &Writes,
    now: Timestamp,
) -> Result<Progress> {
    let found = writes_of(conn, &[HEARTBEAT, caller.unwrap_or(HEARTBEAT)])?;
    Ok(if !has_recent_heartbeat(&found, now) {
        Progress::Stopped
    } else if has_all(&found, wanted) {
        Progress::CaughtUp
    } else {
        Progress::Behind
    })
}

fn has_all(found: &Writes, wanted: &Writes) -> bool {
    wanted.iter().all(|(caller, slot, writes)| {
        found.iter().any(|it| (it.0, it.1) == (*caller, *slot) && it.2 >= *writes)
    })
}

fn has_recent_heartbeat(found: &Writes, now: Timestamp) -> bool {
    let seconds = found.iter().find(|it| it.0 == HEARTBEAT).map(|it| it.2);
    seconds.is_some_and(|seconds| now.millis() / 1000 - seconds <= HEARTBEAT_AGE_MAX)
}

/// Writes the heartbeat.
pub(super) fn write_heartbeat(conn: &mut AnyConnection, now: Timestamp) -> Result<()> {
    let row = (
        caller_writes::user_id.eq(HEARTBEAT),
        caller_writes::slot.eq(0),
        caller_writes::writes.eq(now.millis() / 1000),
    );
    diesel::insert_into(caller_writes::table)
        .values(row)
        .on_conflict((caller_writes::user_id, caller_writes::slot))
        .do_update()
        .set(row)
        .execute(postgres(conn)?)?;
    Ok(())
}

/// Counts a write of each caller, at the end of its transaction. A transaction that waits for one of
/// these rows waits for a commit and nothing else. All take the rows in one order, so no cycle of
/// waiting arises. Most connections have different slots, so they rarely wait for each other.
pub(crate) fn count_writes(conn: &mut AnyConnection, callers: &BTreeSet<UserId>) -> Result<()> {
    let callers: Vec<UserId> = callers.iter().copied().collect();
    diesel::sql_query(
        "INSERT INTO caller_writes (user_id, slot, writes) \
         SELECT id, pg_backend_pid() % 16, 1 FROM unnest($1) AS id ORDER BY id \
         ON CONFLICT (user_id, slot) DO UPDATE SET writes = caller_writes.writes + 1",
    )
    .bind::<Array<SqlId>, _>(callers)
    .execute(postgres(conn)?)?;
    Ok(())
}

/// The connection, of the database that can have a replica.
fn postgres(conn: &mut AnyConnection) -> Result<&mut PgConnection> {
    match conn {
        AnyConnection::Postgres(conn) => Ok(conn),
        AnyConnection::Sqlite(_) => Err(Error::internal("SQLite has no read replica")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn a_copy_has_all_once_each_slot_shows_as_many_writes() {
        let wanted = vec![(user(1), 0, 3), (user(1), 7, 1)];
        assert!(has_all(&vec![(user(1), 0, 3), (user(1), 7, 2)], &wanted));
        assert!(!has_all(&vec![(user(1), 0, 3)], &wanted), "a slot is missing");
        assert!(!has_all(&vec![(user(1), 0, 2), (user(1), 7, 1)], &wanted), "a write is missing");
        assert!(!has_all(&vec![(user(2), 0, 3), (user(2), 7, 1)], &wanted), "another caller");
        assert!(has_all(&Vec::new(), &Vec::new()));
    }

    #[test]
    fn a_heartbeat_is_recent_for_a_minute() {
        let now = Timestamp::from_millis(1_000_000_500).unwrap();
        for (seconds, recent) in [(1_000_000, true), (999_940, true), (999_939, false)] {
            assert_eq!(has_recent_heartbeat(&vec![(HEARTBEAT, 0, seconds)], now), recent);
        }
        assert!(!has_recent_heartbeat(&vec![(user(1), 0, 1_000_000)], now), "it has none");
    }
}
