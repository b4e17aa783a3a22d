//! How often somebody tried to log in, and from where accounts are used: shared by all replicas.

use diesel::{
    dsl::{case_when, exists, select},
    prelude::*,
    sql_types::BigInt,
};

use crate::{
    db::{
        connection::AnyConnection,
        direct::direct,
        schema::{attempt_windows, known_places},
        types::SqlTime,
    },
    domain::{
        attempt::{KNOWN_SECONDS, WINDOW_SECONDS},
        timestamp::Timestamp,
    },
    error::Result,
    journal::tx::Tx,
};

/// Counts an attempt in a bucket, and says how many there were in its window, and when that ends.
///
/// One statement, so that two replicas that count at the same time both count.
pub fn count(tx: &mut Tx<'_>, bucket: &str) -> Result<(i64, Timestamp)> {
    let now = tx.now();
    let end = now.plus_seconds(WINDOW_SECONDS);
    let row = (
        attempt_windows::bucket.eq(bucket),
        attempt_windows::attempts.eq(1),
        attempt_windows::ends_at.eq(end),
    );
    // Of the two minutes, one is for the clocks of other replicas: what ends even later was begun
    // before the clock was set back.
    let latest = end.plus_seconds(WINDOW_SECONDS);
    let over = || attempt_windows::ends_at.le(now).or(attempt_windows::ends_at.gt(latest));
    let attempts =
        case_when(over(), 1_i64.into_sql::<BigInt>()).otherwise(attempt_windows::attempts + 1_i64);
    let ends_at = case_when(over(), end.into_sql::<SqlTime>()).otherwise(attempt_windows::ends_at);
    let query = diesel::insert_into(attempt_windows::table)
        .values(row)
        .on_conflict(attempt_windows::bucket)
        .do_update()
        .set((attempt_windows::attempts.eq(attempts), attempt_windows::ends_at.eq(ends_at)))
        .returning((attempt_windows::attempts, attempt_windows::ends_at));
    let conn = tx.write();
    Ok(direct!(conn, query.get_result(conn))?)
}

/// Whether an account is known at an address.
pub fn is_known(conn: &mut AnyConnection, place: &str, now: Timestamp) -> Result<bool> {
    let row = known_places::table.filter(known_places::place.eq(place));
    let query = select(exists(row.filter(known_places::ends_at.gt(now))));
    Ok(direct!(conn, query.get_result(conn))?)
}

/// Knows an account at an address from now on. The first time, the attempt that led to it is
/// counted there too: so many log-ins a minute it is, the first one included.
pub fn remember(tx: &mut Tx<'_>, place: &str) -> Result<()> {
    let now = tx.now();
    let end = now.plus_seconds(KNOWN_SECONDS);
    if !is_known(tx.read(), place, now)? {
        count(tx, place)?;
    }
    let query = diesel::insert_into(known_places::table)
        .values((known_places::place.eq(place), known_places::ends_at.eq(end)))
        .on_conflict(known_places::place)
        .do_update()
        .set(known_places::ends_at.eq(end));
    let conn = tx.write();
    direct!(conn, query.execute(conn))?;
    Ok(())
}

/// Whether there is anything that [`forget_ended`] would forget.
pub fn any_ended(conn: &mut AnyConnection, now: Timestamp) -> Result<bool> {
    let windows = attempt_windows::table.filter(attempt_windows::ends_at.le(now));
    let places = known_places::table.filter(known_places::ends_at.le(now));
    let query = select(exists(windows).or(exists(places)));
    Ok(direct!(conn, query.get_result(conn))?)
}

/// Forgets windows and places whose time is over; says how many.
pub fn forget_ended(tx: &mut Tx<'_>) -> Result<usize> {
    let now = tx.now();
    let windows = attempt_windows::table.filter(attempt_windows::ends_at.le(now));
    let windows = diesel::delete(windows).execute(tx.write())?;
    let places = known_places::table.filter(known_places::ends_at.le(now));
    Ok(windows + diesel::delete(places).execute(tx.write())?)
}
