//! What a log is filtered by.

use diesel::prelude::*;
use serde::Serialize;

use crate::{
    db::{connection::MultiBackend, schema::entries},
    domain::{
        entry::{Action, Source, TargetType},
        ids::{AnyId, EntryId, UserId},
        timestamp::Timestamp,
    },
    store::{
        contains,
        still_wanted::StillWanted,
        unindexed::{coalesce, unindexed},
    },
};

/// The filters of a log: an entry has to match all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EntryFilter {
    /// Only these actions; none of them if the list is empty.
    pub actions: Option<Vec<Action>>,
    /// Characters of notes or description.
    pub q: Option<String>,
    /// The user whom the log names as the author.
    pub created_by: Option<UserId>,
    /// The user who really caused it.
    pub entered_by: Option<UserId>,
    /// How it came about.
    pub source: Option<Source>,
    /// What kind of thing it was done to.
    pub target_type: Option<TargetType>,
    /// What it was done to.
    pub target_id: Option<AnyId>,
    /// Not earlier than this.
    pub occurred_after: Option<Timestamp>,
    /// Earlier than this.
    pub occurred_before: Option<Timestamp>,
    /// What explains this entry.
    pub relates_to: Option<EntryId>,
}

impl EntryFilter {
    /// Whether every entry matches.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an entry of this time may match.
    pub fn matches_time(&self, time: Timestamp) -> bool {
        self.occurred_after.is_none_or(|bound| time >= bound)
            && self.occurred_before.is_none_or(|bound| time < bound)
    }

    /// The same filter, for all times.
    pub fn at_any_time(&self) -> Self {
        Self { occurred_after: None, occurred_before: None, ..self.clone() }
    }
}

/// A query of entries that is still being built.
pub(super) type EntryQuery = entries::BoxedQuery<'static, MultiBackend>;

/// The entries of one user's log that match the filter, in no order.
pub(super) fn user_entries(user: UserId, filter: &EntryFilter) -> EntryQuery {
    let of_user = entries::table.filter(entries::user_id.eq(user));
    filtered(of_user.into_boxed::<MultiBackend>(), filter)
}

/// Those of some entries that come after a time and id. The time is compared twice, so that it is a
/// range of an index and not a filter over all of it.
macro_rules! older {
    ($query:expr, $time:expr, $id:expr) => {
        $crate::store::page::after!(
            $query.filter(entries::occurred_at.le($time)),
            entries::occurred_at,
            entries::id,
            lt,
            $time,
            $id
        )
    };
}
pub(super) use older;

/// Those of some entries that match the filter. Only the time uses an index: all else is checked
/// entry by entry.
pub(super) fn filtered(query: EntryQuery, filter: &EntryFilter) -> EntryQuery {
    let mut query = query.filter(StillWanted);
    match filter.actions.as_deref() {
        None => {}
        Some([action]) => query = query.filter(unindexed!(entries::action).eq(*action)),
        Some(actions) => {
            query = query.filter(unindexed!(entries::action).eq_any(actions.to_vec()));
        }
    }
    if let Some(q) = &filter.q {
        query = query.filter(entries::search_key.like(contains(q)).escape('\\'));
    }
    if let Some(id) = filter.created_by {
        query = query.filter(unindexed!(entries::created_by_id).eq(id));
    }
    if let Some(id) = filter.entered_by {
        query = query.filter(unindexed!(entries::entered_by_id).eq(id));
    }
    if let Some(source) = filter.source {
        query = query.filter(unindexed!(entries::source).eq(source));
    }
    if let Some(target_type) = filter.target_type {
        query = query.filter(unindexed!(entries::target_type).eq(target_type));
    }
    if let Some(id) = filter.target_id {
        query = query.filter(unindexed!(entries::target_id).eq(id));
    }
    if let Some(time) = filter.occurred_after {
        query = query.filter(entries::occurred_at.ge(time));
    }
    if let Some(time) = filter.occurred_before {
        query = query.filter(entries::occurred_at.lt(time));
    }
    if let Some(id) = filter.relates_to {
        query = query.filter(unindexed!(entries::relates_to).eq(id));
    }
    query
}
