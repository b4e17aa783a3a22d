//! Entries and wordings that no record of the ledger tells of.

use diesel::prelude::*;

use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::{entries, entry_revisions, ledger},
    },
    domain::{
        ids::{EntryId, Id},
        record::RecordKind,
    },
    error::Result,
};

/// Rows that are read at once.
const CHUNK: i64 = 1024;

/// Finds entries that no record tells of.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn entries(conn: &mut AnyConnection, mut found: impl FnMut(EntryId)) -> Result<()> {
    let mut after: Option<EntryId> = None;
    loop {
        let mut query =
            entries::table.select((entries::id, entries::revision)).into_boxed::<MultiBackend>();
        if let Some(id) = after {
            query = query.filter(entries::id.gt(id));
        }
        let rows: Vec<(EntryId, Option<i64>)> = query.order(entries::id).limit(CHUNK).load(conn)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = Some(*last);
        let ids: Vec<EntryId> = rows.iter().map(|(id, _)| *id).collect();
        let known = recorded(conn, &ids)?;
        for (id, revision) in rows {
            if known.binary_search(&(id, revision)).is_err() {
                found(id);
            }
        }
    }
}

/// Finds earlier wordings that no record tells of.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn wordings(conn: &mut AnyConnection, mut found: impl FnMut(EntryId)) -> Result<()> {
    let mut after: Option<(EntryId, i64)> = None;
    loop {
        let mut query = entry_revisions::table
            .select((entry_revisions::entry_id, entry_revisions::revision))
            .into_boxed::<MultiBackend>();
        if let Some((id, revision)) = after {
            let later = entry_revisions::revision.gt(revision);
            query = query.filter(
                entry_revisions::entry_id.gt(id).or(entry_revisions::entry_id.eq(id).and(later)),
            );
        }
        let order = (entry_revisions::entry_id, entry_revisions::revision);
        let rows: Vec<(EntryId, i64)> = query.order(order).limit(CHUNK).load(conn)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(*last);
        let ids: Vec<EntryId> = rows.iter().map(|(id, _)| *id).collect();
        let known = recorded(conn, &ids)?;
        for (id, revision) in rows {
            if known.binary_search(&(id, Some(revision))).is_err() {
                found(id);
            }
        }
    }
}

/// The wordings of some entries that records tell of, in order; on PostgreSQL also those whose
/// records wait for a position.
fn recorded(conn: &mut AnyConnection, ids: &[EntryId]) -> Result<Vec<(EntryId, Option<i64>)>> {
    let mut known: Vec<(EntryId, Option<i64>)> = Vec::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let rows = ledger::table
            .filter(ledger::entry_id.eq_any(ids.to_vec()))
            .filter(ledger::kind.eq_any([RecordKind::Entry, RecordKind::Revision]))
            .select((ledger::entry_id.assume_not_null(), ledger::revision));
        known.extend(rows.load::<(EntryId, Option<i64>)>(conn)?);
        if let AnyConnection::Postgres(conn) = conn {
            use crate::db::schema::ledger_pending as pending;
            let rows = pending::table
                .filter(pending::entry_id.eq_any(ids.to_vec()))
                .select((pending::entry_id.assume_not_null(), pending::revision));
            known.extend(rows.load::<(Id<_>, Option<i64>)>(conn)?);
        }
    }
    known.sort_unstable();
    Ok(known)
}
