//! How the document describes the records of the ledger. `record_json` writes them, and the tests
//! hold the two together.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::activity::schema::{ActivityEntry, ManualEntry},
    domain::{
        committed_field::CommittedField,
        ids::{EntryId, UserId},
        text::words,
        timestamp::Timestamp,
    },
};

/// A part of the ledger.
#[derive(Serialize, ToSchema)]
pub struct LedgerPage {
    /// The records that the caller may see, oldest first.
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
    ("erasure" = "#/components/schemas/ErasureRecord"),
    ("restore" = "#/components/schemas/RestoreRecord"),
    ("expiry" = "#/components/schemas/ExpiryRecord"),
)))]
pub enum LedgerRecord {
    /// An entry was written.
    Entry(EntryRecord),
    /// A note got a new wording.
    Revision(RevisionRecord),
    /// Texts of an entry were erased.
    Erasure(ErasureRecord),
    /// A copy was restored.
    Restore(RestoreRecord),
    /// Retention removed entries.
    Expiry(ExpiryRecord),
}

macro_rules! kind {
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

kind!(EntryRecordKind, Entry, "entry");
kind!(RevisionRecordKind, Revision, "revision");
kind!(ErasureRecordKind, Erasure, "erasure");
kind!(RestoreRecordKind, Restore, "restore");
kind!(ExpiryRecordKind, Expiry, "expiry");

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

/// Texts of an entry were erased: erase them in your copy too.
#[derive(Serialize, ToSchema)]
pub struct ErasureRecord {
    /// The place in the ledger: 0, 1, 2, … without a gap.
    #[schema(minimum = 0, examples(2))]
    position: i64,
    kind: ErasureRecordKind,
    recorded_at: Timestamp,
    /// Whose log the entry is in.
    user_id: UserId,
    entry_id: EntryId,
    /// The wording that it is about; null for all of them.
    #[schema(required = true, minimum = 1)]
    revision: Option<i64>,
    /// The fields that were erased.
    fields: Vec<CommittedField>,
    /// Why; null once that was erased.
    #[schema(required = true, max_length = 500)]
    reason: Option<String>,
    /// Who erased them.
    #[schema(required = true)]
    erased_by: Option<UserId>,
}

/// A copy of the database was restored: the positions from here on are new.
#[derive(Serialize, ToSchema)]
pub struct RestoreRecord {
    /// The place in the ledger: 0, 1, 2, … without a gap.
    #[schema(minimum = 0, examples(3))]
    position: i64,
    kind: RestoreRecordKind,
    recorded_at: Timestamp,
    /// Always null.
    #[schema(required = true)]
    user_id: Option<UserId>,
    /// Always null.
    #[schema(required = true)]
    entry_id: Option<EntryId>,
    /// Always null.
    #[schema(required = true)]
    revision: Option<i64>,
    /// How many records the copy had.
    #[schema(minimum = 0)]
    size: i64,
}

/// Retention removed entries: remove them from your copy too.
#[derive(Serialize, ToSchema)]
pub struct ExpiryRecord {
    /// The place in the ledger: 0, 1, 2, … without a gap.
    #[schema(minimum = 0, examples(4))]
    position: i64,
    kind: ExpiryRecordKind,
    recorded_at: Timestamp,
    /// Always null.
    #[schema(required = true)]
    user_id: Option<UserId>,
    /// Always null.
    #[schema(required = true)]
    entry_id: Option<EntryId>,
    /// Always null.
    #[schema(required = true)]
    revision: Option<i64>,
    /// The records whose entries are gone: ranges of positions, both ends included.
    #[schema(max_items = 1000)]
    positions: Vec<[i64; 2]>,
}
