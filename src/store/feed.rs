//! The log across users: the entries of all whom a caller may see, page by page, newest first.
//!
//! A page is a range of an index, whatever it is narrowed by. Where the order by time would not be
//! that of one range (the logs of five users, three actions), the newest of each range are read and
//! merged, so that nobody sorts a million entries for the sake of twenty-five.

use std::cmp::Reverse;

use diesel::prelude::*;

use super::{
    entries::{EntryFilter, EntryQuery, narrowed},
    page::{ByTime, Slice, Window, after},
    reach::{Visible, related_to},
};
use crate::{
    db::{AnyConnection, EntryRow, MultiBackend, schema::entries, types::SqlId},
    domain::ids,
    error::Result,
};

diesel::define_sql_function! {
    /// The first that is not null. Of twice the same column, it is that column, which no planner
    /// looks for an index of.
    fn coalesce(first: SqlId, second: SqlId) -> SqlId;
}

/// The most ranges that are read one by one and merged.
const RANGES: usize = 40;

/// One page of the entries of users within reach.
///
/// # Errors
/// Of the database.
pub fn page(
    conn: &mut AnyConnection,
    reach: &Visible,
    filter: &EntryFilter,
    window: &Window<ByTime<ids::Entry>>,
) -> Result<Slice<EntryRow>> {
    let mut rows: Vec<EntryRow> = Vec::new();
    for mut range in ranges(reach, filter) {
        if let Some(at) = &window.after {
            // Said twice, so that it is a range of an index and not a filter over all of it.
            range = range.filter(entries::occurred_at.le(at.time));
            range = after!(range, entries::occurred_at, entries::id, lt, at.time, at.id);
        }
        rows.extend(
            range
                .order((entries::occurred_at.desc(), entries::id.desc()))
                .limit(window.fetch())
                .load::<EntryRow>(conn)?,
        );
        // No more is held than a page, however many ranges there are.
        rows.sort_by_key(|row| Reverse((row.occurred_at, row.id)));
        rows.truncate(window.limit.saturating_add(1));
    }
    Ok(Slice::cut(rows, window.limit))
}

/// How many entries of users within reach the filter lets through.
///
/// # Errors
/// Of the database.
pub fn count(conn: &mut AnyConnection, reach: &Visible, filter: &EntryFilter) -> Result<i64> {
    Ok(narrowed(within(reach), filter).count().get_result(conn)?)
}

/// The entries of users within reach that the filter lets through, as ranges of indexes that have
/// no entry in common.
fn ranges(reach: &Visible, filter: &EntryFilter) -> Vec<EntryQuery> {
    match (reach, filter.actions.as_deref()) {
        (Visible::These(users), _) if users.len() <= RANGES => users
            .iter()
            .map(|user| narrowed(within(&Visible::These(vec![*user])), filter))
            .collect(),
        (Visible::Everyone, Some(actions)) if is_by_action(filter) && actions.len() <= RANGES => {
            let of = |action| EntryFilter { actions: Some(vec![action]), ..filter.clone() };
            actions.iter().map(|action| narrowed(within(reach), &of(*action))).collect()
        }
        _ => vec![narrowed(within(reach), filter)],
    }
}

/// Whether there is no better index than the one by action: who or what it is about is rarer.
fn is_by_action(filter: &EntryFilter) -> bool {
    filter.created_by.is_none()
        && filter.entered_by.is_none()
        && filter.target_id.is_none()
        && filter.relates_to.is_none()
}

fn within(reach: &Visible) -> EntryQuery {
    let all = entries::table.into_boxed::<MultiBackend>();
    match reach {
        Visible::Everyone => all,
        Visible::These(users) => match users.as_slice() {
            [user] => all.filter(entries::user_id.eq(*user)),
            users => all.filter(entries::user_id.eq_any(users.to_vec())),
        },
        // So many that the newest entries are likely theirs: read by time and let through, not
        // collected user by user and sorted.
        Visible::RelatedTo(id) => {
            all.filter(related_to!(coalesce(entries::user_id, entries::user_id), *id))
        }
    }
}
