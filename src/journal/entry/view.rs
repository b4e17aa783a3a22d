//! An entry whose texts are borrowed from a row of a result, not copied.

use super::row::EntryRow;
use crate::domain::{
    ids::{AnyId, EntryId, UserId},
    timestamp::Timestamp,
    user::UserKind,
};

/// One entry, as it is shown. Words (`action`, `source`, kinds and types) are spelled as they are
/// stored, which is as the API spells them.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the document describes what each means")]
pub struct EntryView<'a> {
    pub user_id: UserId,
    pub occurred_at: Timestamp,
    pub id: EntryId,
    pub recorded_at: Timestamp,
    pub action: &'a str,
    pub source: &'a str,
    pub created_by: Option<ActorView<'a>>,
    pub entered_by: Option<ActorView<'a>>,
    pub relates_to: Option<EntryId>,
    pub description: Option<&'a str>,
    pub target: Option<TargetView<'a>>,
    /// JSON, as the journal wrote it.
    pub changes: Option<&'a str>,
    pub external_id: Option<&'a str>,
    /// Only a manual entry has notes: this distinguishes it from a system entry.
    pub notes: Option<&'a str>,
    pub revision: Option<i64>,
    pub edited_at: Option<Timestamp>,
    pub edited_by: Option<ActorView<'a>>,
}

/// A user who did something, with the name that they had then.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the columns")]
pub struct ActorView<'a> {
    pub id: UserId,
    pub name: &'a str,
    pub kind: &'a str,
}

/// What an action was done to, with the name that it had then.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the columns")]
pub struct TargetView<'a> {
    pub target_type: &'a str,
    pub id: AnyId,
    pub name: &'a str,
}

impl EntryRow {
    /// The entry, borrowed.
    pub fn view(&self) -> EntryView<'_> {
        EntryView {
            user_id: self.user_id,
            occurred_at: self.occurred_at,
            id: self.id,
            recorded_at: self.recorded_at,
            action: self.action.as_str(),
            source: self.source.as_str(),
            created_by: actor(self.created_by_id, &self.created_by_name, self.created_by_kind),
            entered_by: actor(self.entered_by_id, &self.entered_by_name, self.entered_by_kind),
            relates_to: self.relates_to,
            description: self.description.as_deref(),
            target: match (self.target_type, self.target_id, &self.target_name) {
                (Some(target_type), Some(id), Some(name)) => {
                    Some(TargetView { target_type: target_type.as_str(), id, name })
                }
                _ => None,
            },
            changes: self.changes.as_deref(),
            external_id: self.external_id.as_deref(),
            notes: self.notes.as_deref(),
            revision: self.revision,
            edited_at: self.edited_at,
            edited_by: actor(self.edited_by_id, &self.edited_by_name, self.edited_by_kind),
        }
    }
}

/// The user of three columns, which are null together.
fn actor(
    id: Option<UserId>,
    name: &Option<String>,
    kind: Option<UserKind>,
) -> Option<ActorView<'_>> {
    Some(ActorView { id: id?, name: name.as_deref()?, kind: kind?.as_str() })
}
