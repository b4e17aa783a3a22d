//! Entries, as they are read and edited. Only the journal adds one.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::filter::{EntryFilter, user_entries};
use crate::{
    db::{connection::AnyConnection, direct::direct, schema::entries},
    domain::ids::{EntryId, UserId},
    error::Result,
    journal::{entry::row::EntryRow, tx::Tx},
    store::locked,
};

/// How many entries of a user's log match the filter.
pub fn count(conn: &mut AnyConnection, user: UserId, filter: &EntryFilter) -> Result<i64> {
    Ok(user_entries(user, filter).count().get_result(conn)?)
}

/// The newest entry of a user's log that matches the filter, if there is one.
pub fn newest(
    conn: &mut AnyConnection,
    user: UserId,
    filter: &EntryFilter,
) -> Result<Option<EntryRow>> {
    let newest =
        user_entries(user, filter).order((entries::occurred_at.desc(), entries::id.desc()));
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

/// Those of the entries that exist, each with the user whose log it is in.
pub fn logs_of(
    conn: &mut AnyConnection,
    ids: &BTreeSet<EntryId>,
) -> Result<BTreeSet<(UserId, EntryId)>> {
    let query = entries::table.filter(entries::id.eq_any(ids));
    let query = query.select((entries::user_id, entries::id));
    Ok(direct!(conn, query.load::<(UserId, EntryId)>(conn))?.into_iter().collect())
}

/// Ids that are looked up in one statement.
const IDS_PER_QUERY: usize = 500;

/// The entries that other systems gave these ids, by external id.
pub fn by_external_ids(
    conn: &mut AnyConnection,
    ids: &[&str],
) -> Result<BTreeMap<String, EntryRow>> {
    let mut found = BTreeMap::new();
    for ids in ids.chunks(IDS_PER_QUERY) {
        // The condition lets the planner use the partial index.
        let with_one = entries::table.filter(entries::external_id.is_not_null());
        let rows: Vec<EntryRow> =
            with_one.filter(entries::external_id.eq_any(ids.to_vec())).load(conn)?;
        found.extend(rows.into_iter().filter_map(|row| Some((row.external_id.clone()?, row))));
    }
    Ok(found)
}

/// One entry of a user's log, locked until the transaction ends.
///
/// # Errors
/// As [`get`].
pub fn lock_exclusive(tx: &mut Tx<'_>, user: UserId, id: EntryId) -> Result<EntryRow> {
    let of_user = entries::table.filter(entries::id.eq(id).and(entries::user_id.eq(user)));
    Ok(locked!(tx, of_user)?)
}

/// Writes the new wording of a note. A trigger checks that the earlier one is among the revisions.
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
