//! The entries that records tell of, as they were when the record was written.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::records::RecordRow;
use crate::{
    db::{
        connection::AnyConnection,
        schema::{entries, entry_revisions},
    },
    domain::{ids::EntryId, record::RecordKind},
    error::Result,
    journal::entry::row::EntryRow,
    store::log::revisions::RevisionRow,
};

/// Ids in one statement.
const IDS: usize = 500;

/// The entry of each record that has one, by position: with the wording that the record tells of.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn wordings(conn: &mut AnyConnection, records: &[RecordRow]) -> Result<HashMap<i64, EntryRow>> {
    let of_entries = records
        .iter()
        .filter(|it| matches!(it.kind, RecordKind::Entry | RecordKind::Revision))
        .filter_map(|it| Some((it, it.entry_id?)));
    let ids: BTreeSet<EntryId> = of_entries.clone().map(|(_, id)| id).collect();
    let ids: Vec<EntryId> = ids.into_iter().collect();
    let mut rows: HashMap<EntryId, EntryRow> = HashMap::new();
    let mut earlier: HashMap<(EntryId, i64), RevisionRow> = HashMap::new();
    for ids in ids.chunks(IDS) {
        let found: Vec<EntryRow> =
            entries::table.filter(entries::id.eq_any(ids.to_vec())).load(conn)?;
        let edited: Vec<EntryId> =
            found.iter().filter(|it| it.revision > Some(1)).map(|it| it.id).collect();
        rows.extend(found.into_iter().map(|row| (row.id, row)));
        if edited.is_empty() {
            continue;
        }
        let found: Vec<RevisionRow> =
            entry_revisions::table.filter(entry_revisions::entry_id.eq_any(edited)).load(conn)?;
        earlier.extend(found.into_iter().map(|row| ((row.entry_id, row.revision), row)));
    }
    let wording = |record: &RecordRow, id: EntryId| {
        let row = rows.get(&id)?;
        let wording = match record.revision {
            Some(revision) if row.revision != Some(revision) => {
                let kept = earlier.get(&(id, revision))?;
                let before = revision.checked_sub(1).and_then(|it| earlier.get(&(id, it)));
                with_wording(row, kept, before)
            }
            revision => {
                let before = revision.and_then(|it| earlier.get(&(id, it.checked_sub(1)?)));
                with_edit(row, before)
            }
        };
        Some((record.position, wording))
    };
    Ok(of_entries.filter_map(|(record, id)| wording(record, id)).collect())
}

/// An entry with its present wording. Of the edit, the wording before tells too: where the two differ,
/// nobody is the editor, and so the entry is not what was recorded.
fn with_edit(row: &EntryRow, before: Option<&RevisionRow>) -> EntryRow {
    let mut entry = row.clone();
    let edited = (row.edited_at, row.edited_by_id, row.edited_by_name.as_ref(), row.edited_by_kind);
    let replaced = before.map(|it| {
        let name = Some(&it.replaced_by_name);
        (Some(it.replaced_at), Some(it.replaced_by_id), name, Some(it.replaced_by_kind))
    });
    if replaced.is_some_and(|replaced| replaced != edited) {
        entry.edited_by_id = None;
    }
    entry
}

/// A note with an earlier wording. Its editor is who replaced the wording before it.
fn with_wording(row: &EntryRow, wording: &RevisionRow, before: Option<&RevisionRow>) -> EntryRow {
    EntryRow {
        occurred_at: wording.occurred_at,
        user_id: wording.user_id,
        notes: Some(wording.notes.clone()),
        created_by_id: Some(wording.created_by_id),
        created_by_name: Some(wording.created_by_name.clone()),
        created_by_kind: Some(wording.created_by_kind),
        relates_to: wording.relates_to,
        revision: Some(wording.revision),
        edited_at: before.map(|it| it.replaced_at),
        edited_by_id: before.map(|it| it.replaced_by_id),
        edited_by_name: before.map(|it| it.replaced_by_name.clone()),
        edited_by_kind: before.map(|it| it.replaced_by_kind),
        ..row.clone()
    }
}
