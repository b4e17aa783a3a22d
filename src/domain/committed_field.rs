//! The fields of an entry that a record of the ledger commits to instead of showing them.

use super::text::words;

words! {
    /// A text that may have to be erased. The ledger keeps a salted commitment to it.
    pub enum CommittedField {
        /// The sentence of a system entry.
        Description = "description",
        /// The text of a note.
        Notes = "notes",
        /// The values that changed.
        Changes = "changes",
        /// The name of the target.
        TargetName = "target_name",
        /// The name of the author.
        CreatedByName = "created_by_name",
        /// The name of the user who caused the entry.
        EnteredByName = "entered_by_name",
        /// The name of the editor.
        EditedByName = "edited_by_name",
        /// The id that another system gave the entry.
        ExternalId = "external_id",
        /// Why texts were erased.
        Reason = "reason",
    }
}
