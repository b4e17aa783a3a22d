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
    filter::{EntryFilter, filtered, older},
    revisions,
};
use crate::{
    db::{
        connection::{AnyConnection, snapshot},
        reader::Reader,
        schema::{entries, users},
    },
    domain::{
        ids::{EntryId, UserId},
        timestamp::Timestamp,
    },
    error::{Error, Result},
    journal::entry::{
        raw_read::{Each, columns, each_of_postgres, each_of_sqlite},
        row::EntryRow,
        view::EntryView,
    },
    store::page::PageRequest,
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

/// What becomes of each entry of a page.
pub type Show<'a> = dyn FnMut(&EntryView<'_>) + 'a;

/// One page of a user's log: its entries are shown, newest first; gives where the next page begins,
/// if there is one.
///
/// # Errors
/// Of the database.
pub fn page(
    reader: &mut Reader<'_>,
    user: UserId,
    filter: &EntryFilter,
    request: &PageRequest<LogPlace>,
    show: &mut Show<'_>,
) -> Result<Option<LogPlace>> {
    let (mut moves, mut shown, mut last, mut more) = (None, 0, None, false);
    let mut each = |entry: &EntryView<'_>, now: Option<i64>| {
        moves = now.or(Some(0));
        if request.after.is_some_and(|place| moves != Some(place.moves)) {
            return Ok(false);
        }
        more = shown == request.limit;
        if !more {
            show(entry);
            shown += 1;
            last = Some((entry.occurred_at, entry.id));
        }
        Ok(!more)
    };
    if filter.is_empty() {
        // The whole log is what most readers ask for.
        each_of_log(reader, user, request, &mut each)?;
    } else {
        for (row, moves) in load(reader, user, filter, request, 0)? {
            if !each(&row.view(), moves)? {
                break;
            }
        }
    }
    match (request.after, last.filter(|_| more)) {
        (Some(place), _) if moves != Some(place.moves) => {
            snapshot(reader, |conn| page_as_it_was(conn, user, filter, request, place, show))
        }
        (_, None) => Ok(None),
        (_, Some((time, id))) => Ok(moves.map(|moves| LogPlace { time, id, moves })),
    }
}

/// Of how many moves a log tells: in the statement that reads entries, so that both are of one
/// moment.
macro_rules! moves {
    ($user:expr) => {
        users::table.find($user).select(users::log_moves).single_value()
    };
}

macro_rules! newest {
    ($query:expr, $user:expr, $fetch:expr) => {
        $query
            .order((entries::occurred_at.desc(), entries::id.desc()))
            .limit($fetch)
            .select((entries::all_columns, moves!($user)))
    };
}

/// The same for SQLite, as text.
macro_rules! newest_of_sqlite {
    ($place:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", (SELECT log_moves FROM users WHERE id = ?1) FROM entries WHERE user_id = ?1",
            $place,
            " ORDER BY occurred_at DESC, id DESC LIMIT ?2"
        )
    };
}
const FIRST: &str = newest_of_sqlite!("");
const AFTER: &str = newest_of_sqlite!(
    " AND occurred_at <= ?3 AND (occurred_at < ?3 OR (occurred_at = ?3 AND id < ?4))"
);

/// Entries after a place, where they lie: no filter, no copy.
fn each_of_log(
    reader: &mut Reader<'_>,
    user: UserId,
    request: &PageRequest<LogPlace>,
    each: &mut Each<'_>,
) -> Result<()> {
    let fetch = request.fetch_limit();
    if let Some(conn) = reader.raw() {
        let user = user.as_bytes().as_slice();
        return match request.after {
            None => each_of_sqlite(conn, FIRST, (user, fetch), each),
            Some(at) => {
                let id = at.id.as_bytes().as_slice();
                each_of_sqlite(conn, AFTER, (user, fetch, at.time.millis() * 1000, id), each)
            }
        };
    }
    let query = entries::table.filter(entries::user_id.eq(user));
    match (&mut **reader, request.after) {
        (AnyConnection::Postgres(conn), None) => {
            each_of_postgres(conn, newest!(query, user, fetch), each)
        }
        (AnyConnection::Postgres(conn), Some(at)) => {
            each_of_postgres(conn, newest!(older!(query, at), user, fetch), each)
        }
        (AnyConnection::Sqlite(_), _) => Err(Error::internal("SQLite without its thin connection")),
    }
}

/// Entries after a place that a filter lets through, each with the moves of the log.
fn load(
    conn: &mut AnyConnection,
    user: UserId,
    filter: &EntryFilter,
    request: &PageRequest<LogPlace>,
    more: usize,
) -> Result<Vec<(EntryRow, Option<i64>)>> {
    let fetch = request.fetch_limit().saturating_add(i64::try_from(more).unwrap_or(i64::MAX));
    let mut query = filtered(user, filter);
    if let Some(at) = request.after {
        query = older!(query, at);
    }
    Ok(newest!(query, user, fetch).load(conn)?)
}

/// SQLite takes no more than 32,766 parameters, and more than a page is never needed.
const IDS_PER_QUERY: usize = 500;

fn page_as_it_was(
    conn: &mut AnyConnection,
    user: UserId,
    filter: &EntryFilter,
    request: &PageRequest<LogPlace>,
    place: LogPlace,
    show: &mut Show<'_>,
) -> Result<Option<LogPlace>> {
    let moved = revisions::moved_since(conn, user, place.moves)?;
    let mut rows: Vec<EntryRow> = load(conn, user, filter, request, moved.len())?
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
    let enough = rows.len() + request.limit;
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
    let more = rows.len() > request.limit;
    rows.truncate(request.limit);
    rows.iter().for_each(|row| show(&row.view()));
    let last = rows.last().filter(|_| more);
    Ok(last.map(|row| LogPlace { time: time(row), id: row.id, moves: place.moves }))
}
