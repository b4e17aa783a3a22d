//! The log across users: the entries of all users whom a caller may see, page by page, newest first.

use diesel::prelude::*;

use super::{
    filter::{EntryFilter, filtered},
    merge::{Position, load_merged},
    ranges::ranges,
    user_log::EntryVisitor,
    whole_log::read_newest,
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        reader::Reader,
        schema::entries,
    },
    error::Result,
    journal::entry::view::EntryView,
    store::{
        page::PageRequest,
        visible_users::{VisibleUsers, related_to},
    },
};

/// Reads one page of the entries of visible users, newest first. Returns where the next page begins,
/// if there is one.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn page(
    reader: &mut Reader<'_>,
    visible: &VisibleUsers,
    filter: &EntryFilter,
    request: &PageRequest<Position>,
    visit: &mut EntryVisitor<'_>,
) -> Result<Option<Position>> {
    let (mut shown, mut last, mut more) = (0, None, false);
    let mut visit_row = |entry: &EntryView<'_>, _| {
        more = shown == request.limit;
        if !more {
            visit(entry);
            shown += 1;
            last = Some(Position { time: entry.occurred_at, id: entry.id });
        }
        Ok(!more)
    };
    if *visible == VisibleUsers::Everyone && filter.is_empty() {
        let after = request.after.as_ref().map(|at| (at.time, at.id));
        read_newest(reader, None, after, request.fetch_limit(), &mut visit_row)?;
    } else {
        for row in load_merged(reader, visible, filter, request)? {
            if !visit_row(&row.view(), None)? {
                break;
            }
        }
    }
    Ok(last.filter(|_| more))
}

/// How many entries of visible users match the filter.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn count(
    conn: &mut AnyConnection,
    visible: &VisibleUsers,
    filter: &EntryFilter,
) -> Result<i64> {
    let all = entries::table.into_boxed::<MultiBackend>();
    let of_visible = match visible {
        VisibleUsers::Everyone => {
            let counts = ranges(conn, filter)?
                .into_iter()
                .map(|range| Ok(range.count().get_result::<i64>(conn)?));
            return counts.sum();
        }
        VisibleUsers::These(users) => all.filter(entries::user_id.eq_any(users.clone())),
        VisibleUsers::RelatedTo(id) => all.filter(related_to!(entries::user_id, *id)),
    };
    Ok(filtered(of_visible, filter).count().get_result(conn)?)
}
