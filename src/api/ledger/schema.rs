//! How the document describes the records of the ledger. `record_json` writes them, and the tests
//! hold the two together.

use serde::Serialize;
use utoipa::ToSchema;

use super::examples;

use crate::{
    api::activity::schema::{ActivityEntry, ManualEntry},
    domain::{
        ids::{EntryId, UserId},
        text::words,
        timestamp::Timestamp,
    },
};

/// A part of the ledger.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"data": [examples::record()], "next": 2, "size": 2}))]
pub struct LedgerPage {
    /// The records that the caller may see, oldest first.
    #[schema(max_items = 1000)]
    data: Vec<LedgerRecord>,
    /// What to ask `from` next: it moves over records that the caller may not see, too.
    #[schema(minimum = 0, examples(1))]
    next: i64,
    /// How many records the ledger has.
    #[schema(minimum = 0, examples(1))]
    size: i64,
}

/// One line of the ledger, told apart by `kind`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(discriminator(property_name = "kind", mapping(
    ("entry" = "#/components/schemas/EntryRecord"),
    ("revision" = "#/components/schemas/RevisionRecord"),
)))]
pub enum LedgerRecord {
    /// An entry was written.
    Entry(EntryRecord),
    /// A note got a new wording.
    Revision(RevisionRecord),
}

macro_rules! record_kind {
    ($name:ident, $variant:ident, $word:literal) => {
        words! {
            /// The kind of such a record.
            pub enum $name {
                /// Always this.
                $variant = $word,
            }
        }
    };
}

record_kind!(EntryRecordKind, Entry, "entry");
record_kind!(RevisionRecordKind, Revision, "revision");

/// An entry was written.
#[derive(Serialize, ToSchema)]
pub struct EntryRecord {
    /// The place in the ledger: 0, 1, 2, … without a gap.
    #[schema(minimum = 0, examples(0))]
    position: i64,
    kind: EntryRecordKind,
    recorded_at: Timestamp,
    /// Whose log the entry is in.
    user_id: UserId,
    entry_id: EntryId,
    /// 1 for a note; null for a system entry.
    #[schema(required = true, minimum = 1)]
    revision: Option<i64>,
    /// The entry as it was written; null once it has expired.
    #[schema(required = true)]
    entry: Option<ActivityEntry>,
}

/// A note got a new wording.
#[derive(Serialize, ToSchema)]
pub struct RevisionRecord {
    /// The place in the ledger: 0, 1, 2, … without a gap.
    #[schema(minimum = 0, examples(1))]
    position: i64,
    kind: RevisionRecordKind,
    /// When the note was edited.
    recorded_at: Timestamp,
    /// Whose log the note is in.
    user_id: UserId,
    entry_id: EntryId,
    /// The number of the new wording.
    #[schema(minimum = 2, examples(2))]
    revision: i64,
    /// The note with that wording; null once it has expired.
    #[schema(required = true)]
    entry: Option<ManualEntry>,
}
