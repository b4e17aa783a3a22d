//! Entries, as they are read and edited. Only the journal adds one.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde::Serialize;

use super::{direct, locked, ranges::narrowed};
use crate::{
    db::{AnyConnection, EntryRow, MultiBackend, Tx, schema::entries},
    domain::{
        entry::{Action, Source, TargetType},
        ids::{AnyId, EntryId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
};

/// What a log is narrowed by.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EntryFilter {
    /// Only these actions; none of them if the list is empty.
    pub actions: Option<Vec<Action>>,
    /// Characters of notes or description.
    pub q: Option<String>,
    /// Whom the log names as the author.
    pub created_by: Option<UserId>,
    /// Who really caused it.
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
    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it lets this time through.
    pub fn lets_time(&self, time: Timestamp) -> bool {
        self.occurred_after.is_none_or(|bound| time >= bound)
            && self.occurred_before.is_none_or(|bound| time < bound)
    }

    /// The same filter, for all times.
    pub fn at_any_time(&self) -> Self {
        Self { occurred_after: None, occurred_before: None, ..self.clone() }
    }
}

/// Entries, being chosen.
pub(super) type EntryQuery = entries::BoxedQuery<'static, MultiBackend>;

/// The entries of one user's log that the filter lets through, in no order.
pub(super) fn filtered(user: UserId, filter: &EntryFilter) -> EntryQuery {
    let of_user = entries::table.filter(entries::user_id.eq(user));
    narrowed(of_user.into_boxed::<MultiBackend>(), filter)
}

/// Those of some entries that come after a place. The time is said twice, so that it is a range of
/// an index and not a filter over all of it.
macro_rules! older {
    ($query:expr, $at:expr) => {
        $crate::store::page::after!(
            $query.filter(entries::occurred_at.le($at.time)),
            entries::occurred_at,
            entries::id,
            lt,
            $at.time,
            $at.id
        )
    };
}
pub(super) use older;

/// How many entries of a user's log the filter lets through.
///
/// # Errors
/// Of the database.
pub fn count(conn: &mut AnyConnection, user: UserId, filter: &EntryFilter) -> Result<i64> {
    Ok(filtered(user, filter).count().get_result(conn)?)
}

/// The newest entry of a user's log that the filter lets through, if there is one.
///
/// # Errors
/// Of the database.
pub fn newest(
    conn: &mut AnyConnection,
    user: UserId,
    filter: &EntryFilter,
) -> Result<Option<EntryRow>> {
    let newest = filtered(user, filter).order((entries::occurred_at.desc(), entries::id.desc()));
    Ok(newest.first(conn).optional()?)
}

/// One entry of a user's log.
///
/// # Errors
/// `not_found`, also where the entry is in another user's log.
pub fn get(conn: &mut AnyConnection, user: UserId, id: EntryId) -> Result<EntryRow> {
    let of_user = entries::table.filter(entries::id.eq(id).and(entries::user_id.eq(user)));
    Ok(of_user.first(conn)?)
}

/// Which of the entries there are, with whose log each is in.
///
/// # Errors
/// Of the database.
pub fn logs_of(
    conn: &mut AnyConnection,
    ids: &BTreeSet<EntryId>,
) -> Result<BTreeSet<(UserId, EntryId)>> {
    let query = entries::table.filter(entries::id.eq_any(ids));
    let query = query.select((entries::user_id, entries::id));
    Ok(direct!(conn, query.load::<(UserId, EntryId)>(conn))?.into_iter().collect())
}

/// Ids that are looked for in one statement.
const IDS_PER_QUERY: usize = 500;

/// The entries that other systems gave these ids, by them.
///
/// # Errors
/// Of the database.
pub fn by_external_ids(
    conn: &mut AnyConnection,
    ids: &[&str],
) -> Result<BTreeMap<String, EntryRow>> {
    let mut found = BTreeMap::new();
    for ids in ids.chunks(IDS_PER_QUERY) {
        // Said of every row of it, the condition is what lets the partial index be used.
        let with_one = entries::table.filter(entries::external_id.is_not_null());
        let rows: Vec<EntryRow> =
            with_one.filter(entries::external_id.eq_any(ids.to_vec())).load(conn)?;
        found.extend(rows.into_iter().filter_map(|row| Some((row.external_id.clone()?, row))));
    }
    Ok(found)
}

/// One entry of a user's log, held until the transaction ends.
///
/// # Errors
/// As [`get`].
pub fn lock(tx: &mut Tx<'_>, user: UserId, id: EntryId) -> Result<EntryRow> {
    let of_user = entries::table.filter(entries::id.eq(id).and(entries::user_id.eq(user)));
    Ok(locked!(tx, of_user)?)
}

/// Writes the new wording of a note. Its earlier one has to be among the revisions: the database
/// sees to it.
///
/// # Errors
/// Of the database.
pub fn update_note(tx: &mut Tx<'_>, row: &EntryRow) -> Result<()> {
    diesel::update(entries::table.filter(entries::id.eq(row.id)))
        .set((
            entries::notes.eq(row.notes.clone()),
            entries::search_key.eq(row.search_key.clone()),
            entries::occurred_at.eq(row.occurred_at),
            entries::created_by_id.eq(row.created_by_id),
            entries::created_by_name.eq(row.created_by_name.clone()),
            entries::created_by_kind.eq(row.created_by_kind),
            entries::relates_to.eq(row.relates_to),
            entries::revision.eq(row.revision),
            entries::edited_at.eq(row.edited_at),
            entries::edited_by_id.eq(row.edited_by_id),
            entries::edited_by_name.eq(row.edited_by_name.clone()),
            entries::edited_by_kind.eq(row.edited_by_kind),
        ))
        .execute(tx.write())?;
    Ok(())
}
