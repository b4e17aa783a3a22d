//! The words of a batch of entries from other systems.

use super::text::words;

words! {
    /// The outcome of an item of a batch.
    pub enum BatchOutcome {
        /// The entry was created.
        Created = "created",
        /// An entry with this `external_id` and the same content exists: nothing was done.
        Duplicate = "duplicate",
        /// An entry with this `external_id` and other content exists, and stays as it is.
        Conflict = "conflict",
        /// Nothing was done, because of the errors.
        Invalid = "invalid",
    }
}
