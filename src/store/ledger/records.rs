//! Records of the ledger, as they are stored.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    db::{connection::AnyConnection, schema::ledger},
    domain::{
        committed_field::CommittedField,
        ids::{EntryId, UserId},
        record::RecordKind,
        timestamp::Timestamp,
    },
    error::{Error, Result},
    ledger::{commitment::Salt, hash::Hash, leaf::Salts},
};

/// One record, as it is stored.
#[derive(Clone, Debug, Queryable)]
#[allow(missing_docs, reason = "the columns; docs/ledger.md says what each means")]
pub struct RecordRow {
    pub position: i64,
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

/// What stays of a record's salts after an erasure, as it is stored.
#[derive(Serialize, Deserialize)]
struct KeptSalts {
    salts: BTreeMap<CommittedField, String>,
    erased: BTreeMap<CommittedField, String>,
}

impl RecordRow {
    /// The hash of its leaf.
    ///
    /// # Errors
    /// `internal_error` where the row does not have one.
    pub fn hash(&self) -> Result<Hash> {
        Hash::from_slice(&self.leaf_hash).ok_or_else(|| self.broken("leaf hash"))
    }

    /// What its salts come from.
    ///
    /// # Errors
    /// `internal_error` where the row has neither a seed nor salts.
    pub fn salts(&self) -> Result<Salts> {
        if let Some(seed) = &self.seed {
            let seed = seed.as_slice().try_into().map_err(|_| self.broken("seed"))?;
            return Ok(Salts::Seed(seed));
        }
        let text = self.salts.as_deref().ok_or_else(|| self.broken("seed"))?;
        let kept: KeptSalts = serde_json::from_str(text).map_err(|_| self.broken("salts"))?;
        let salts = kept.salts.into_iter().map(|(field, salt)| {
            let salt = Salt::from_base64url(&salt).ok_or_else(|| self.broken("salts"))?;
            Ok((field, salt))
        });
        Ok(Salts::Kept { salts: salts.collect::<Result<_>>()?, erased: kept.erased })
    }

    fn broken(&self, what: &str) -> Error {
        Error::internal(format!("record {} has no valid {what}", self.position))
    }
}

/// The records from a position on, in their order.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn page(conn: &mut AnyConnection, from: i64, limit: i64) -> Result<Vec<RecordRow>> {
    let to = from.saturating_add(limit);
    let rows = ledger::table.filter(ledger::position.ge(from).and(ledger::position.lt(to)));
    Ok(rows.order(ledger::position).load(conn)?)
}

/// The record of an entry, or of a wording of a note, once it has a position.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn find(
    conn: &mut AnyConnection,
    entry: EntryId,
    revision: Option<i64>,
) -> Result<Option<RecordRow>> {
    let of_entry = ledger::table
        .filter(ledger::entry_id.eq(entry))
        .filter(ledger::kind.eq_any([RecordKind::Entry, RecordKind::Revision]));
    let found = match revision {
        Some(revision) => of_entry.filter(ledger::revision.eq(revision)).first(conn),
        None => of_entry.filter(ledger::revision.is_null()).first(conn),
    };
    Ok(found.optional()?)
}
