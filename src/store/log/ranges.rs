//! The entries that match a filter, as ranges of indexes by time that have no entry in common. A page
//! is merged from the newest entries of each, so that nothing sorts a million of them.
//!
//! The index is chosen here and not by the planners: without statistics SQLite takes any, and
//! PostgreSQL's do not know that what is rare may be rare among the newest too (D-12).

use diesel::prelude::*;

use super::filter::{EntryFilter, EntryQuery, filtered};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::entries,
    },
    domain::{entry::Action, ids::UserId},
    error::Result,
};

/// A user who entered or wrote more entries than this is no rarer than what they did.
const MANY: i64 = 1_000;

/// The index that the entries of a filter are found by. The rest of the filter is checked in each
/// entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Index {
    RelatesTo,
    Target,
    CreatedBy,
    EnteredBy,
    Source,
    TargetType,
    Action,
    Time,
}

impl Index {
    /// Whether the action is a column of the index, before the time.
    fn has_action(self) -> bool {
        matches!(self, Self::Source | Self::TargetType | Self::Action)
    }
}

/// The entries that match a filter.
pub(super) fn ranges(conn: &mut AnyConnection, filter: &EntryFilter) -> Result<Vec<EntryQuery>> {
    let index = choose_index(conn, filter)?;
    let rest = match index.has_action() {
        true => EntryFilter { actions: None, ..filter.clone() },
        false => filter.clone(),
    };
    let ranges = index_ranges(index, filter).into_iter();
    Ok(ranges.map(|range| filtered(range, &rest)).collect())
}

fn choose_index(conn: &mut AnyConnection, filter: &EntryFilter) -> Result<Index> {
    if filter.relates_to.is_some() {
        return Ok(Index::RelatesTo);
    }
    if filter.target_id.is_some() {
        return Ok(Index::Target);
    }
    let other = if filter.source.is_some() {
        Index::Source
    } else if filter.target_type.is_some() {
        Index::TargetType
    } else if filter.actions.is_some() {
        Index::Action
    } else {
        Index::Time
    };
    let users = [(filter.created_by, Index::CreatedBy), (filter.entered_by, Index::EnteredBy)];
    for (user, index) in users {
        if let Some(user) = user
            && (other == Index::Time || !has_many(conn, index, user)?)
        {
            return Ok(index);
        }
    }
    Ok(other)
}

/// Whether so many entries name a user that reading them all takes long.
fn has_many(conn: &mut AnyConnection, index: Index, user: UserId) -> Result<bool> {
    let filter = match index {
        Index::CreatedBy => EntryFilter { created_by: Some(user), ..EntryFilter::default() },
        _ => EntryFilter { entered_by: Some(user), ..EntryFilter::default() },
    };
    is_many(conn, index_range(index, &filter))
}

/// Whether a range has more than [`MANY`] entries.
fn is_many(conn: &mut AnyConnection, range: EntryQuery) -> Result<bool> {
    let beyond = range
        .order((entries::occurred_at.desc(), entries::id.desc()))
        .offset(MANY)
        .limit(1)
        .select(entries::user_id);
    Ok(beyond.first::<UserId>(conn).optional()?.is_some())
}

/// Whether the ranges of a filter are short: reading all of them does not take long.
pub(super) fn is_rare(conn: &mut AnyConnection, filter: &EntryFilter) -> Result<bool> {
    let index = choose_index(conn, filter)?;
    if index == Index::Time {
        return Ok(false);
    }
    for range in index_ranges(index, filter) {
        if is_many(conn, range)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The ranges of an index, one for each action where the action is a column of it.
fn index_ranges(index: Index, filter: &EntryFilter) -> Vec<EntryQuery> {
    let all = || index_range(index, filter);
    if !index.has_action() {
        return vec![all()];
    }
    let actions = filter.actions.as_deref().unwrap_or(Action::ALL);
    actions.iter().map(|action| all().filter(entries::action.eq(*action))).collect()
}

/// The entries that an index finds.
fn index_range(index: Index, filter: &EntryFilter) -> EntryQuery {
    let query = entries::table.into_boxed::<MultiBackend>();
    match index {
        Index::RelatesTo => query.filter(entries::relates_to.eq(filter.relates_to)),
        Index::Target => query.filter(entries::target_id.eq(filter.target_id)),
        Index::CreatedBy => query.filter(entries::created_by_id.eq(filter.created_by)),
        Index::EnteredBy => query.filter(entries::entered_by_id.eq(filter.entered_by)),
        Index::TargetType => query.filter(entries::target_type.eq(filter.target_type)),
        Index::Source => match filter.source {
            Some(source) => query.filter(entries::source.eq(source)),
            None => query,
        },
        Index::Action | Index::Time => query,
    }
}
