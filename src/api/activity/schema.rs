//! How the document describes an entry. `json` writes the entries of responses, and the tests check
//! that both agree.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    domain::{
        entry::{Action, Actor, FieldChange, Source, Target},
        ids::{EntryId, UserId},
        text::words,
        timestamp::Timestamp,
    },
    journal::entry::row::EntryRow,
    store::log::revisions::RevisionRow,
};

/// What happened to a user: a system entry or a manual one, distinguished by `type`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(discriminator(property_name = "type", mapping(
    ("system" = "#/components/schemas/SystemEntry"),
    ("manual" = "#/components/schemas/ManualEntry"),
)))]
pub enum ActivityEntry {
    /// Written by the service itself.
    System(SystemEntry),
    /// A note that a user wrote.
    Manual(ManualEntry),
}

words! {
    /// The type of a system entry.
    pub enum SystemType {
        /// The only value.
        System = "system",
    }
}

words! {
    /// The type of a manual entry.
    pub enum ManualType {
        /// The only value.
        Manual = "manual",
    }
}

words! {
    /// The action of a manual entry.
    pub enum NoteAction {
        /// The only value.
        Note = "note",
    }
}

/// Written by the service itself, in the same transaction as the change that it records. Nobody can
/// edit or delete it.
#[derive(Serialize, ToSchema)]
pub struct SystemEntry {
    id: EntryId,
    /// The user whose log it is in.
    user_id: UserId,
    #[serde(rename = "type")]
    entry_type: SystemType,
    /// What happened.
    #[schema(examples("enrollment.completed"))]
    action: Action,
    /// When it happened.
    occurred_at: Timestamp,
    /// When the service wrote it.
    recorded_at: Timestamp,
    /// The author that the log names: null, shown as "System".
    #[schema(required = true)]
    created_by: Option<Actor>,
    /// The user who really caused it; null where nobody was logged in.
    #[schema(required = true)]
    entered_by: Option<Actor>,
    /// How it came about.
    source: Source,
    /// The entry that it follows from.
    #[schema(required = true)]
    relates_to: Option<EntryId>,
    /// One English sentence.
    #[schema(examples("Sam Rivera completed “Security Basics”."))]
    description: String,
    /// What it was done to.
    #[schema(required = true)]
    target: Option<Target>,
    /// The values that changed.
    #[schema(value_type = Vec<FieldChange>)]
    changes: Box<RawValue>,
    /// The id that another system gave it.
    #[schema(required = true)]
    external_id: Option<String>,
}

/// A note that a user wrote to explain the log. It can be edited; every earlier wording is kept.
#[derive(Serialize, ToSchema)]
pub struct ManualEntry {
    id: EntryId,
    /// The user whose log it is in.
    user_id: UserId,
    #[serde(rename = "type")]
    entry_type: ManualType,
    action: NoteAction,
    /// When it happened; may be before it was written.
    occurred_at: Timestamp,
    /// When the service wrote it.
    recorded_at: Timestamp,
    /// The author that the log names: a user of the Created By list.
    created_by: Actor,
    /// The user who really wrote it.
    #[schema(required = true)]
    entered_by: Option<Actor>,
    /// How it came about.
    source: Source,
    /// The entry that it explains.
    #[schema(required = true)]
    relates_to: Option<EntryId>,
    /// The text of the note.
    #[schema(min_length = 1, max_length = 10000, examples("Sam completed the live version."))]
    notes: String,
    /// 1, and one more with each edit.
    #[schema(minimum = 1)]
    revision: i64,
    /// When it was last edited.
    #[schema(required = true)]
    edited_at: Option<Timestamp>,
    /// The user who last edited it.
    #[schema(required = true)]
    edited_by: Option<Actor>,
}

/// The version of an entry, for its ETag: a system entry never changes.
pub fn version(row: &EntryRow) -> i64 {
    row.revision.unwrap_or(1)
}

/// An earlier wording of a note.
#[derive(Serialize, ToSchema)]
pub struct Revision {
    /// Its number: 1 for the first wording.
    #[schema(minimum = 1)]
    revision: i64,
    /// The text of the wording.
    notes: String,
    /// When it happened, by this wording.
    occurred_at: Timestamp,
    /// The author that it named.
    created_by: Actor,
    /// The entry that it explained.
    #[schema(required = true)]
    relates_to: Option<EntryId>,
    /// The user who replaced it.
    replaced_by: Actor,
    /// When it was replaced.
    replaced_at: Timestamp,
}

impl From<RevisionRow> for Revision {
    fn from(row: RevisionRow) -> Self {
        Self {
            revision: row.revision,
            created_by: row.created_by(),
            replaced_by: row.replaced_by(),
            notes: row.notes,
            occurred_at: row.occurred_at,
            relates_to: row.relates_to,
            replaced_at: row.replaced_at,
        }
    }
}
