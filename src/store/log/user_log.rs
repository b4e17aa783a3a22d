//! One user's log, page by page, newest first. Each entry that existed when the first page was read
//! comes exactly once, even while notes are added and edited.
//!
//! A page continues after the (time, id) of the last entry, so new entries do no harm. But an edit may
//! move a note in time, from one side of that position to the other. Therefore each move has a number
//! in its log (`users.log_moves`). The cursor keeps the number as of the first page, and the notes
//! that moved since are shown where they were then (D-06).

use std::cmp::Reverse;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    filter::{EntryFilter, older, user_entries},
    revisions,
    whole_log::{moves, read_newest},
};
use crate::{
    db::{
        connection::{AnyConnection, snapshot},
        reader::Reader,
        schema::entries,
    },
    domain::{
        ids::{EntryId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
    journal::entry::{row::EntryRow, view::EntryView},
    store::page::PageRequest,
};

/// A position in a user's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPosition {
    /// The time of the last entry.
    pub time: Timestamp,
    /// The id of the last entry.
    pub id: EntryId,
    /// How many moves the log had seen when its first page was read.
    pub moves: i64,
}

/// Called with each entry of a page, in its order.
pub type EntryVisitor<'a> = dyn FnMut(&EntryView<'_>) + 'a;

/// Reads one page of a user's log, newest first. Returns where the next page begins, if there is
/// one.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn page(
    reader: &mut Reader<'_>,
    user: UserId,
    filter: &EntryFilter,
    request: &PageRequest<LogPosition>,
    visit: &mut EntryVisitor<'_>,
) -> Result<Option<LogPosition>> {
    let (mut moves, mut shown, mut last, mut more) = (None, 0, None, false);
    let mut visit_row = |entry: &EntryView<'_>, now: Option<i64>| {
        moves = now.or(Some(0));
        if request.after.is_some_and(|position| moves != Some(position.moves)) {
            return Ok(false);
        }
        more = shown == request.limit;
        if !more {
            visit(entry);
            shown += 1;
            last = Some((entry.occurred_at, entry.id));
        }
        Ok(!more)
    };
    if filter.is_empty() {
        let after = request.after.map(|at| (at.time, at.id));
        read_newest(reader, Some(user), after, request.fetch_limit(), &mut visit_row)?;
    } else {
        for (row, moves) in load(reader, user, filter, request, 0)? {
            if !visit_row(&row.view(), moves)? {
                break;
            }
        }
    }
    match (request.after, last.filter(|_| more)) {
        (Some(position), _) if moves != Some(position.moves) => {
            snapshot(reader, |conn| page_as_it_was(conn, user, filter, request, position, visit))
        }
        (_, None) => Ok(None),
        (_, Some((time, id))) => Ok(moves.map(|moves| LogPosition { time, id, moves })),
    }
}

/// Entries after a position that match a filter, each with the moves of the log.
fn load(
    conn: &mut AnyConnection,
    user: UserId,
    filter: &EntryFilter,
    request: &PageRequest<LogPosition>,
    extra: usize,
) -> Result<Vec<(EntryRow, Option<i64>)>> {
    let limit = request.fetch_limit().saturating_add(i64::try_from(extra).unwrap_or(i64::MAX));
    let mut query = user_entries(user, filter);
    if let Some(at) = request.after {
        query = older!(query, at.time, at.id);
    }
    let newest = query.order((entries::occurred_at.desc(), entries::id.desc())).limit(limit);
    Ok(newest.select((entries::all_columns, moves!(user))).load(conn)?)
}

/// SQLite takes at most 32,766 parameters, and more than a page is never needed.
const IDS_PER_QUERY: usize = 500;

/// The page as it was when the log had seen the moves of `position`.
fn page_as_it_was(
    conn: &mut AnyConnection,
    user: UserId,
    filter: &EntryFilter,
    request: &PageRequest<LogPosition>,
    position: LogPosition,
    visit: &mut EntryVisitor<'_>,
) -> Result<Option<LogPosition>> {
    let moved = revisions::moved_since(conn, user, position.moves)?;
    let mut rows: Vec<EntryRow> = load(conn, user, filter, request, moved.len())?
        .into_iter()
        .map(|(row, _)| row)
        .filter(|row| !moved.contains_key(&row.id))
        .collect();
    let mut due: Vec<(Timestamp, EntryId)> = moved
        .iter()
        .map(|(id, time)| (*time, *id))
        .filter(|at| *at < (position.time, position.id) && filter.matches_time(at.0))
        .collect();
    due.sort_unstable_by_key(|at| Reverse(*at));
    let enough = rows.len() + request.limit;
    for due in due.chunks(IDS_PER_QUERY) {
        let ids: Vec<EntryId> = due.iter().map(|(_, id)| *id).collect();
        let found = user_entries(user, &filter.at_any_time()).filter(entries::id.eq_any(ids));
        rows.extend(found.load::<EntryRow>(conn)?);
        if rows.len() > enough {
            break;
        }
    }
    let time = |row: &EntryRow| moved.get(&row.id).copied().unwrap_or(row.occurred_at);
    rows.sort_by_key(|row| Reverse((time(row), row.id)));
    let more = rows.len() > request.limit;
    rows.truncate(request.limit);
    rows.iter().for_each(|row| visit(&row.view()));
    let last = rows.last().filter(|_| more);
    Ok(last.map(|row| LogPosition { time: time(row), id: row.id, moves: position.moves }))
}
