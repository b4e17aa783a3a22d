//! The kinds of records that the ledger has.

use super::text::words;

words! {
    /// What a record of the ledger tells.
    pub enum RecordKind {
        /// An entry was written.
        Entry = "entry",
        /// A note got a new wording.
        Revision = "revision",
        /// Texts of an entry were erased.
        Erasure = "erasure",
        /// A copy of the database was restored.
        Restore = "restore",
        /// Retention removed entries.
        Expiry = "expiry",
    }
}
