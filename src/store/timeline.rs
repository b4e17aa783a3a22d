//! One user's log, page by page, newest first: each entry that was there when the first page was
//! read comes exactly once, while notes are added and edited.
//!
//! A page continues after the (time, id) of the last entry, so what is added does no harm. But an
//! edit may move a note in time, from one side of that place to the other. Therefore each move has
//! a number in its log (`users.log_moves`), the cursor keeps the number as of the first page, and
//! the notes that moved since are shown where they were then.

use std::cmp::Reverse;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    direct,
    entries::{EntryFilter, filtered},
    page::{Window, after},
    revisions,
};
use crate::{
    db::{
        AnyConnection, EntryRow,
        connection::snapshot,
        schema::{entries, users},
    },
    domain::{
        ids::{EntryId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
};

/// A place in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPlace {
    /// The time of the last entry.
    pub time: Timestamp,
    /// The id of the last entry.
    pub id: EntryId,
    /// How many moves the log had seen when its first page was read.
    pub moves: i64,
}

/// One page of a log.
#[derive(Debug)]
pub struct LogPage {
    /// The entries, newest first.
    pub rows: Vec<EntryRow>,
    /// Where the next page begins; none if this is the last.
    pub next: Option<LogPlace>,
}

/// One page of a user's log.
///
/// # Errors
/// Of the database.
pub fn page(
    conn: &mut AnyConnection,
    user: UserId,
    filter: &EntryFilter,
    window: &Window<LogPlace>,
) -> Result<LogPage> {
    let rows = load(conn, user, filter, window, 0)?;
    let moves = rows.first().map(|(_, moves)| moves.unwrap_or_default());
    let rows = rows.into_iter().map(|(row, _)| row).collect();
    match window.after {
        Some(place) if moves != Some(place.moves) => {
            snapshot(conn, |conn| page_as_it_was(conn, user, filter, window, place))
        }
        place => {
            let moves = place.map_or(moves.unwrap_or_default(), |place| place.moves);
            Ok(cut(rows, window.limit, moves, |row| row.occurred_at))
        }
    }
}

/// Entries after a place, each with the number of moves that its log had seen: in one statement,
/// so that both are of one moment.
fn load(
    conn: &mut AnyConnection,
    user: UserId,
    filter: &EntryFilter,
    window: &Window<LogPlace>,
    more: usize,
) -> Result<Vec<(EntryRow, Option<i64>)>> {
    let moves = users::table.find(user).select(users::log_moves).single_value();
    let fetch = window.fetch().saturating_add(i64::try_from(more).unwrap_or(i64::MAX));
    macro_rules! newest {
        ($query:expr) => {
            $query
                .order((entries::occurred_at.desc(), entries::id.desc()))
                .limit(fetch)
                .select((entries::all_columns, moves))
        };
    }
    // The time is said twice, so that it is a range of the primary key and not a filter over it.
    macro_rules! older {
        ($query:expr, $at:expr) => {
            after!(
                $query.filter(entries::occurred_at.le($at.time)),
                entries::occurred_at,
                entries::id,
                lt,
                $at.time,
                $at.id
            )
        };
    }
    if !filter.is_empty() {
        let mut query = filtered(user, filter);
        if let Some(at) = window.after {
            query = older!(query, at);
        }
        return Ok(newest!(query).load(conn)?);
    }
    // The whole log is what most readers ask for.
    let query = entries::table.filter(entries::user_id.eq(user));
    Ok(match window.after {
        None => {
            let query = newest!(query);
            direct!(conn, query.load(conn))
        }
        Some(at) => {
            let query = newest!(older!(query, at));
            direct!(conn, query.load(conn))
        }
    }?)
}

/// SQLite takes no more than 32,766 parameters, and more than a page is never needed.
const IDS_PER_QUERY: usize = 500;

fn page_as_it_was(
    conn: &mut AnyConnection,
    user: UserId,
    filter: &EntryFilter,
    window: &Window<LogPlace>,
    place: LogPlace,
) -> Result<LogPage> {
    let moved = revisions::moved_since(conn, user, place.moves)?;
    let mut rows: Vec<EntryRow> = load(conn, user, filter, window, moved.len())?
        .into_iter()
        .map(|(row, _)| row)
        .filter(|row| !moved.contains_key(&row.id))
        .collect();
    let mut due: Vec<(Timestamp, EntryId)> = moved
        .iter()
        .map(|(id, time)| (*time, *id))
        .filter(|at| *at < (place.time, place.id) && filter.lets_time(at.0))
        .collect();
    due.sort_unstable_by_key(|at| Reverse(*at));
    let enough = rows.len() + window.limit;
    for due in due.chunks(IDS_PER_QUERY) {
        let ids: Vec<EntryId> = due.iter().map(|(_, id)| *id).collect();
        let found = filtered(user, &filter.at_any_time()).filter(entries::id.eq_any(ids));
        rows.extend(found.load::<EntryRow>(conn)?);
        if rows.len() > enough {
            break;
        }
    }
    let time = |row: &EntryRow| moved.get(&row.id).copied().unwrap_or(row.occurred_at);
    rows.sort_by_key(|row| Reverse((time(row), row.id)));
    Ok(cut(rows, window.limit, place.moves, time))
}

fn cut(
    mut rows: Vec<EntryRow>,
    limit: usize,
    moves: i64,
    time: impl Fn(&EntryRow) -> Timestamp,
) -> LogPage {
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| has_more);
    let next = last.map(|row| LogPlace { time: time(row), id: row.id, moves });
    LogPage { rows, next }
}
