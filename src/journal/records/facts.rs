//! The facts and texts of an entry's record: the same functions make a leaf when it is written and
//! when it is checked.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    domain::committed_field::CommittedField,
    journal::entry::row::EntryRow,
    ledger::leaf::{EntryFacts, Facts, TargetFacts, Texts},
};

/// The facts of an entry, or of a later wording of a note, as this row has it.
pub fn entry_facts(row: &EntryRow) -> Facts {
    let target = row.target_type.zip(row.target_id);
    let facts = EntryFacts {
        entry_id: row.id,
        user_id: row.user_id,
        entry_type: row.action.entry_type(),
        action: row.action,
        occurred_at: row.occurred_at,
        recorded_at: row.recorded_at,
        source: row.source,
        created_by: row.created_by_id,
        entered_by: row.entered_by_id,
        edited_by: row.edited_by_id,
        relates_to: row.relates_to,
        revision: row.revision,
        target: target.map(|(target_type, id)| TargetFacts { target_type, id }),
    };
    if row.revision.is_some_and(|revision| revision > 1) {
        Facts::Revision(facts)
    } else {
        Facts::Entry(facts)
    }
}

/// The texts of an entry, or of a later wording of a note, as this row has it.
pub fn entry_texts(row: &EntryRow) -> Texts<'_> {
    let mut texts = Texts::default();
    texts.add(CommittedField::Description, row.description.as_deref());
    texts.add(CommittedField::Notes, row.notes.as_deref());
    texts.add(CommittedField::Changes, row.changes.as_deref());
    texts.add(CommittedField::TargetName, row.target_name.as_deref());
    texts.add(CommittedField::CreatedByName, row.created_by_name.as_deref());
    texts.add(CommittedField::EnteredByName, row.entered_by_name.as_deref());
    texts.add(CommittedField::EditedByName, row.edited_by_name.as_deref());
    texts.add(CommittedField::ExternalId, row.external_id.as_deref());
    texts
}

/// One of the changes of an entry, with its fields in the order in which the journal writes them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenChange {
    field: String,
    before: Value,
    after: Value,
}

/// Whether the changes of an entry are written as the journal writes them. The commitment is to their
/// content: it would hold with a name that occurs twice, and readers may see the one value or the other.
pub fn are_changes_as_written(row: &EntryRow) -> bool {
    let Some(text) = row.changes.as_deref() else { return true };
    let changes: Result<Vec<WrittenChange>, _> = serde_json::from_str(text);
    changes.and_then(|it| serde_json::to_string(&it)).is_ok_and(|it| it == text)
}
