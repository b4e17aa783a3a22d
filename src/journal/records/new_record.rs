//! A record of the ledger that has no position yet.

use aws_lc_rs::rand;
use diesel::Insertable;

use super::facts::{entry_facts, entry_texts};
use crate::{
    db::schema::ledger_pending,
    domain::{
        ids::{EntryId, UserId},
        record::RecordKind,
        timestamp::Timestamp,
    },
    error::{Error, Result},
    journal::entry::row::EntryRow,
    ledger::{
        commitment::{SALT_BYTES, Seed},
        leaf::{Salts, record_hash},
    },
};

/// A record, complete but for its position.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = ledger_pending, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "the columns; docs/ledger.md says what each means")]
pub struct NewRecord {
    pub kind: RecordKind,
    pub recorded_at: Timestamp,
    pub user_id: Option<UserId>,
    pub entry_id: Option<EntryId>,
    pub revision: Option<i64>,
    pub leaf_hash: Vec<u8>,
    pub seed: Option<Vec<u8>>,
    pub salts: Option<String>,
    pub facts: Option<String>,
    pub reason: Option<String>,
}

impl NewRecord {
    /// The records of entries, or of new wordings of notes, as their rows are now.
    ///
    /// # Errors
    /// `internal_error` where the system gives no randomness.
    pub fn from_entries(rows: &[&EntryRow]) -> Result<Vec<Self>> {
        let mut seeds = vec![0; rows.len() * SALT_BYTES];
        rand::fill(&mut seeds).map_err(Error::internal)?;
        let (seeds, _) = seeds.as_chunks::<SALT_BYTES>();
        rows.iter().zip(seeds).map(|(row, seed)| Self::from_entry(row, seed)).collect()
    }

    fn from_entry(row: &EntryRow, seed: &Seed) -> Result<Self> {
        let facts = entry_facts(row);
        let recorded_at = row.edited_at.unwrap_or(row.recorded_at);
        let hash = record_hash(&facts, recorded_at, &entry_texts(row), &Salts::Seed(*seed))
            .map_err(Error::internal)?;
        Ok(Self {
            kind: facts.kind(),
            recorded_at,
            user_id: Some(row.user_id),
            entry_id: Some(row.id),
            revision: row.revision,
            leaf_hash: hash.0.to_vec(),
            seed: Some(seed.to_vec()),
            salts: None,
            facts: None,
            reason: None,
        })
    }
}
