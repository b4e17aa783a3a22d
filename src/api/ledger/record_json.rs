//! A record of the ledger as JSON: what the types of `schema` say of it in the document.

use serde::Serialize;

use crate::{
    api::activity::json::EntryJson,
    domain::{
        ids::{EntryId, UserId},
        record::RecordKind,
        timestamp::Timestamp,
    },
    journal::entry::row::EntryRow,
    store::ledger::records::RecordRow,
};

/// The fields that every record has, and those of entries.
#[derive(Serialize)]
pub struct RecordJson {
    position: i64,
    kind: RecordKind,
    recorded_at: Timestamp,
    user_id: Option<UserId>,
    entry_id: Option<EntryId>,
    revision: Option<i64>,
    entry: Option<EntryJson>,
}

impl RecordJson {
    /// A record of an entry, or of a new wording, with the entry as it was then.
    pub fn new(record: &RecordRow, wording: Option<&EntryRow>) -> Self {
        Self {
            position: record.position,
            kind: record.kind,
            recorded_at: record.recorded_at,
            user_id: record.user_id,
            entry_id: record.entry_id,
            revision: record.revision,
            entry: wording.map(EntryJson::from),
        }
    }
}
