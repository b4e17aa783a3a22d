//! Leaves: what a record of the ledger commits to, as JSON in the form of RFC 8785 (JCS).

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    commitment::{Salt, Seed, canonical},
    hash::{Hash, leaf_hash},
};
use crate::domain::{
    committed_field::CommittedField,
    entry::{Action, EntryType, Source, TargetType},
    ids::{AnyId, EntryId, UserId},
    record::RecordKind,
    timestamp::Timestamp,
};

/// The version of the form of leaves.
const VERSION: u32 = 1;

/// What is never erased of an entry, or of a wording of a note.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the fields of the entry")]
pub struct EntryFacts {
    pub entry_id: EntryId,
    pub user_id: UserId,
    #[serde(rename = "type")]
    pub entry_type: EntryType,
    pub action: Action,
    pub occurred_at: Timestamp,
    /// When the entry was written, also for a later wording.
    pub recorded_at: Timestamp,
    pub source: Source,
    pub created_by: Option<UserId>,
    pub entered_by: Option<UserId>,
    pub edited_by: Option<UserId>,
    pub relates_to: Option<EntryId>,
    /// `None` for a system entry; 1 for a new note.
    pub revision: Option<i64>,
    pub target: Option<TargetFacts>,
}

/// The target of an entry, without its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields of the target")]
pub struct TargetFacts {
    #[serde(rename = "type")]
    pub target_type: TargetType,
    pub id: AnyId,
}

/// What an erasure tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields of the record")]
pub struct ErasureFacts {
    pub entry_id: EntryId,
    pub user_id: UserId,
    /// `None` where it is about all wordings.
    pub revision: Option<i64>,
    pub fields: Vec<CommittedField>,
    pub erased_by: Option<UserId>,
}

/// What the removal of entries by a retention rule tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields of the record")]
pub struct ExpiryFacts {
    /// Ranges of positions, both ends included.
    pub positions: Vec<[u64; 2]>,
    /// The name of the rule.
    pub rule: String,
}

/// What a restored copy tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RestoreFacts {
    /// The size of the ledger in the copy.
    pub size: u64,
}

/// The facts of a record, by its kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Facts {
    /// An entry was written.
    Entry(EntryFacts),
    /// A note got a new wording.
    Revision(EntryFacts),
    /// Texts of an entry were erased.
    Erasure(ErasureFacts),
    /// A retention rule removed entries.
    Expiry(ExpiryFacts),
    /// A copy was restored.
    Restore(RestoreFacts),
}

impl Facts {
    /// The kind of the record.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Entry(_) => RecordKind::Entry,
            Self::Revision(_) => RecordKind::Revision,
            Self::Erasure(_) => RecordKind::Erasure,
            Self::Expiry(_) => RecordKind::Expiry,
            Self::Restore(_) => RecordKind::Restore,
        }
    }
}

/// The texts of a record, each under the field that commits to it. `changes` is JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts<'a>(BTreeMap<CommittedField, Text<'a>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text<'a> {
    Plain(&'a str),
    Json(&'a str),
}

impl<'a> Texts<'a> {
    /// Adds a text, unless it is null.
    pub fn add(&mut self, field: CommittedField, text: Option<&'a str>) {
        if let Some(text) = text {
            let text = match field {
                CommittedField::Changes => Text::Json(text),
                _ => Text::Plain(text),
            };
            self.0.insert(field, text);
        }
    }

    /// The JSON of each text: what is disclosed, and committed to.
    ///
    /// # Errors
    /// Where `changes` is not JSON.
    pub fn values(&self) -> Result<BTreeMap<CommittedField, serde_json::Value>, serde_json::Error> {
        let values = self.0.iter().map(|(field, text)| Ok((*field, text.value()?)));
        values.collect()
    }
}

impl Text<'_> {
    fn value(self) -> Result<serde_json::Value, serde_json::Error> {
        match self {
            Self::Plain(text) => Ok(text.into()),
            Self::Json(text) => serde_json::from_str(text),
        }
    }

    fn commit(self, salt: Salt) -> Result<String, serde_json::Error> {
        match self {
            Self::Plain(text) => salt.commit(text),
            Self::Json("[]") => salt.commit(&[(); 0]),
            Self::Json(_) => salt.commit(&self.value()?),
        }
    }
}

/// What the salts of a record come from.
#[derive(Clone, PartialEq, Eq)]
pub enum Salts {
    /// All of them, from one seed.
    Seed(Seed),
    /// After an erasure: the salts of the fields that stay, and the commitments to the erased ones.
    Kept {
        /// The salts of the fields that stay.
        salts: BTreeMap<CommittedField, Salt>,
        /// The commitments to the fields that were erased.
        erased: BTreeMap<CommittedField, String>,
    },
}

impl Salts {
    /// The salt of a field, unless it was erased.
    pub fn salt(&self, field: CommittedField) -> Option<Salt> {
        match self {
            Self::Seed(seed) => Some(Salt::derive(seed, field.as_str())),
            Self::Kept { salts, .. } => salts.get(&field).copied(),
        }
    }

    /// The commitments of a record to its texts and to those that were erased.
    ///
    /// # Errors
    /// Where `changes` is not JSON.
    pub fn commitments(
        &self,
        texts: &Texts<'_>,
    ) -> Result<BTreeMap<CommittedField, String>, serde_json::Error> {
        let mut commitments = match self {
            Self::Seed(_) => BTreeMap::new(),
            Self::Kept { erased, .. } => erased.clone(),
        };
        for (field, text) in &texts.0 {
            if let Some(salt) = self.salt(*field) {
                commitments.insert(*field, text.commit(salt)?);
            }
        }
        Ok(commitments)
    }
}

/// The leaf of a record: the very bytes that are hashed.
///
/// # Errors
/// Where `changes` is not JSON.
pub fn leaf(
    facts: &Facts,
    recorded_at: Timestamp,
    commitments: &BTreeMap<CommittedField, String>,
) -> Result<Vec<u8>, serde_json::Error> {
    canonical(&LeafJson { commitments, facts, kind: facts.kind(), recorded_at, v: VERSION })
}

/// The hash of the leaf of a record.
///
/// # Errors
/// As [`leaf`].
pub fn record_hash(
    facts: &Facts,
    recorded_at: Timestamp,
    texts: &Texts<'_>,
    salts: &Salts,
) -> Result<Hash, serde_json::Error> {
    Ok(leaf_hash(&leaf(facts, recorded_at, &salts.commitments(texts)?)?))
}

#[derive(Serialize)]
struct LeafJson<'a> {
    commitments: &'a BTreeMap<CommittedField, String>,
    facts: &'a Facts,
    kind: RecordKind,
    recorded_at: Timestamp,
    v: u32,
}
