//! What a filter lets through of all logs, as ranges of indexes by time that have no entry in
//! common: a page is merged of the newest entries of each, so that nobody sorts a million of them.
//!
//! Which index leads is decided here and not by the planners: without statistics SQLite takes any,
//! and PostgreSQL's do not know that what is rare may be rare among the newest too.

use diesel::prelude::*;

use super::filter::{EntryFilter, EntryQuery, narrowed};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::entries,
    },
    domain::{entry::Action, ids::UserId},
    error::Result,
};

/// Who entered or wrote more entries than this is no rarer than what he did.
const MANY: i64 = 1_000;

/// What the entries of a filter are found by; all else of it is looked at in each of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    RelatesTo,
    Target,
    CreatedBy,
    EnteredBy,
    Source,
    TargetType,
    Action,
    Time,
}

impl Lead {
    fn goes_on_with_action(self) -> bool {
        matches!(self, Self::Source | Self::TargetType | Self::Action)
    }
}

/// The entries that a filter lets through.
///
/// # Errors
/// Of the database.
pub(super) fn ranges(conn: &mut AnyConnection, filter: &EntryFilter) -> Result<Vec<EntryQuery>> {
    let lead = lead(conn, filter)?;
    let rest = match lead.goes_on_with_action() {
        true => EntryFilter { actions: None, ..filter.clone() },
        false => filter.clone(),
    };
    Ok(led_ranges(lead, filter).into_iter().map(|range| narrowed(range, &rest)).collect())
}

fn lead(conn: &mut AnyConnection, filter: &EntryFilter) -> Result<Lead> {
    if filter.relates_to.is_some() {
        return Ok(Lead::RelatesTo);
    }
    if filter.target_id.is_some() {
        return Ok(Lead::Target);
    }
    let other = if filter.source.is_some() {
        Lead::Source
    } else if filter.target_type.is_some() {
        Lead::TargetType
    } else if filter.actions.is_some() {
        Lead::Action
    } else {
        Lead::Time
    };
    for (user, lead) in [(filter.created_by, Lead::CreatedBy), (filter.entered_by, Lead::EnteredBy)]
    {
        if let Some(user) = user
            && (other == Lead::Time || !has_many(conn, lead, user)?)
        {
            return Ok(lead);
        }
    }
    Ok(other)
}

/// Whether somebody is named by so many entries that to read them all takes long.
fn has_many(conn: &mut AnyConnection, lead: Lead, user: UserId) -> Result<bool> {
    let filter = match lead {
        Lead::CreatedBy => EntryFilter { created_by: Some(user), ..EntryFilter::default() },
        _ => EntryFilter { entered_by: Some(user), ..EntryFilter::default() },
    };
    goes_beyond_many(conn, led(entries::table.into_boxed(), lead, &filter))
}

fn goes_beyond_many(conn: &mut AnyConnection, range: EntryQuery) -> Result<bool> {
    let beyond = range
        .order((entries::occurred_at.desc(), entries::id.desc()))
        .offset(MANY)
        .limit(1)
        .select(entries::user_id);
    Ok(beyond.first::<UserId>(conn).optional()?.is_some())
}

/// Whether what leads a filter is rare: it does not take long to read all of it.
///
/// # Errors
/// Of the database.
pub(super) fn is_rare(conn: &mut AnyConnection, filter: &EntryFilter) -> Result<bool> {
    let lead = lead(conn, filter)?;
    if lead == Lead::Time {
        return Ok(false);
    }
    for range in led_ranges(lead, filter) {
        if goes_beyond_many(conn, range)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The ranges of what leads, each of one action where the index goes on with the action.
fn led_ranges(lead: Lead, filter: &EntryFilter) -> Vec<EntryQuery> {
    let all = || led(entries::table.into_boxed::<MultiBackend>(), lead, filter);
    if !lead.goes_on_with_action() {
        return vec![all()];
    }
    let actions = filter.actions.as_deref().unwrap_or(Action::ALL);
    actions.iter().map(|action| all().filter(entries::action.eq(*action))).collect()
}

/// The entries of what leads: a range of its index.
fn led(query: EntryQuery, lead: Lead, filter: &EntryFilter) -> EntryQuery {
    match lead {
        Lead::RelatesTo => query.filter(entries::relates_to.eq(filter.relates_to)),
        Lead::Target => query.filter(entries::target_id.eq(filter.target_id)),
        Lead::CreatedBy => query.filter(entries::created_by_id.eq(filter.created_by)),
        Lead::EnteredBy => query.filter(entries::entered_by_id.eq(filter.entered_by)),
        Lead::TargetType => query.filter(entries::target_type.eq(filter.target_type)),
        Lead::Source => match filter.source {
            Some(source) => query.filter(entries::source.eq(source)),
            None => query,
        },
        Lead::Action | Lead::Time => query,
    }
}
