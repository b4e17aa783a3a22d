//! The words of a batch of entries from other systems.

use super::text::words;

words! {
    /// What came of an item of a batch.
    pub enum BatchOutcome {
        /// An entry was made.
        Created = "created",
        /// The entry with this `external_id` says the same already: nothing was done.
        Duplicate = "duplicate",
        /// The entry with this `external_id` says something else: it stays as it is.
        Conflict = "conflict",
        /// Nothing was done, because of the errors.
        Invalid = "invalid",
    }
}
