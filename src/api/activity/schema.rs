//! How the document describes an entry. `json` writes the entries of responses, and the tests check
//! that both agree.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::{
    domain::{
        entry::{Action, Actor, EntryType, FieldChange, Source, Target},
        examples,
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
#[schema(example = ManualEntry::example, discriminator(property_name = "type", mapping(
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

/// What a system entry records: every action but that of a note.
#[derive(Serialize)]
pub struct SystemAction(Action);

impl PartialSchema for SystemAction {
    fn schema() -> RefOr<Schema> {
        let actions = Action::ALL.iter().filter(|it| it.entry_type() == EntryType::System);
        let meanings = actions.clone().map(|it| format!("\n- `{it}`: {}", it.meaning()));
        let text = "What happened: the actions of the system entries.\n";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(text.to_owned() + &meanings.collect::<String>()))
            .enum_values(Some(actions.map(|it| it.as_str())))
            .into()
    }
}

impl ToSchema for SystemAction {
    fn name() -> Cow<'static, str> {
        "SystemAction".into()
    }
}

/// Written by the service itself, in the same transaction as the change that it records. Nobody can
/// edit or delete it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": examples::ENTRY, "user_id": examples::USER, "type": "system",
    "action": "enrollment.forced_complete", "occurred_at": examples::COMPLETED,
    "recorded_at": examples::COMPLETED, "created_by": null,
    "entered_by": examples::administrator(), "source": "admin", "relates_to": null,
    "description": "The enrollment of Sam Rivera in “Security Basics” was set to completed.",
    "target": {"type": "course", "id": examples::COURSE, "name": "Security Basics"},
    "changes": [{"field": "status", "before": "in_progress", "after": "completed"}],
    "external_id": null
}))]
pub struct SystemEntry {
    id: EntryId,
    /// The user whose log it is in.
    user_id: UserId,
    #[serde(rename = "type")]
    entry_type: SystemType,
    /// What happened.
    action: SystemAction,
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
    #[schema(format = "line", examples("Sam Rivera completed “Security Basics”."))]
    description: String,
    /// What it was done to.
    #[schema(required = true)]
    target: Option<Target>,
    /// The values that changed.
    #[schema(value_type = Vec<FieldChange>)]
    changes: Box<RawValue>,
    /// The id that another system gave it.
    #[schema(required = true, format = "name")]
    external_id: Option<String>,
}

/// A note that a user wrote to explain the log. It can be edited; every earlier wording is kept.
#[derive(Serialize, ToSchema)]
#[schema(example = Self::example)]
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
    #[schema(format = "notes", examples("Sam completed the live version."))]
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

impl ManualEntry {
    /// The note of the story.
    pub fn example() -> Value {
        json!({
            "id": examples::NOTE, "user_id": examples::USER, "type": "manual", "action": "note",
            "occurred_at": examples::COMPLETED, "recorded_at": examples::NOTED,
            "created_by": examples::administrator(), "entered_by": examples::administrator(),
            "source": "admin", "relates_to": examples::ENTRY, "notes": examples::NOTES,
            "revision": 1, "edited_at": null, "edited_by": null
        })
    }

    /// The note of the example, as it is after an edit.
    pub fn edited_example() -> Value {
        let mut note = Self::example();
        note["notes"] = examples::EDITED_NOTES.into();
        note["revision"] = 2.into();
        note["edited_at"] = examples::NOTED.into();
        note["edited_by"] = examples::administrator();
        note
    }
}

/// The version of an entry, for its ETag: a system entry never changes.
pub fn version(row: &EntryRow) -> i64 {
    row.revision.unwrap_or(1)
}

/// An earlier wording of a note.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "revision": 1, "notes": examples::NOTES, "occurred_at": examples::COMPLETED,
    "created_by": examples::administrator(), "relates_to": examples::ENTRY,
    "replaced_by": examples::administrator(), "replaced_at": examples::NOTED
}))]
pub struct Revision {
    /// Its number: 1 for the first wording.
    #[schema(minimum = 1)]
    revision: i64,
    /// The text of the wording.
    #[schema(format = "notes")]
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
