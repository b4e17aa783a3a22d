//! An entry that is complete and waits to be written.

use super::{
    draft::{Cause, Draft},
    entry::row::EntryRow,
};
use crate::domain::{
    entry::{Actor, EntryType, FieldChange, Source},
    ids::EntryId,
    text::fold,
    timestamp::Timestamp,
    user::UserKind,
};

/// A complete entry. Only a transaction makes one.
#[derive(Debug)]
pub struct NewEntry(EntryRow);

impl NewEntry {
    /// Completes a draft with an id, the time, its source, and the user who entered it.
    ///
    /// `via` is the source of everything in the transaction, where there is one.
    pub(super) fn complete(
        draft: Draft,
        id: EntryId,
        now: Timestamp,
        via: Option<Source>,
        by: Option<&Actor>,
    ) -> Self {
        let source = draft.source.or(via).unwrap_or(match by {
            // Also where an API account changes itself: no person acts there.
            Some(actor) if actor.kind == UserKind::Api => Source::Api,
            Some(actor) if actor.id == draft.user_id => Source::Own,
            Some(_) => Source::Admin,
            None => Source::System,
        });
        let entered_by = by.cloned();
        let text = draft.notes.as_ref().or(draft.description.as_ref());
        let is_note = draft.action.entry_type() == EntryType::Manual;
        Self(EntryRow {
            user_id: draft.user_id,
            occurred_at: draft.occurred_at.unwrap_or(now),
            id,
            recorded_at: now,
            action: draft.action,
            source,
            created_by_id: draft.created_by.as_ref().map(|actor| actor.id),
            created_by_kind: draft.created_by.as_ref().map(|actor| actor.kind),
            created_by_name: draft.created_by.map(|actor| actor.name),
            entered_by_id: entered_by.as_ref().map(|actor| actor.id),
            entered_by_kind: entered_by.as_ref().map(|actor| actor.kind),
            entered_by_name: entered_by.map(|actor| actor.name),
            relates_to: draft.relates_to,
            search_key: text.map_or_else(String::new, |text| fold(text)),
            description: draft.description,
            target_type: draft.target.as_ref().map(|target| target.target_type),
            target_id: draft.target.as_ref().map(|target| target.id),
            target_name: draft.target.map(|target| target.name),
            changes: (!is_note).then(|| changes_json(&draft.changes)),
            external_id: draft.external_id,
            notes: draft.notes,
            revision: is_note.then_some(1),
            edited_at: None,
            edited_by_id: None,
            edited_by_name: None,
            edited_by_kind: None,
        })
    }

    /// What an entry needs to name this one as its cause.
    pub fn cause(&self) -> Cause {
        Cause { id: self.0.id, occurred_at: self.0.occurred_at }
    }

    /// The row to be stored.
    pub fn row(&self) -> &EntryRow {
        &self.0
    }
}

/// Field changes consist of strings and JSON values, so this cannot fail.
fn changes_json(changes: &[FieldChange]) -> String {
    serde_json::to_string(changes).unwrap_or_else(|_| "[]".to_owned())
}
