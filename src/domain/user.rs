//! Users: people, and the generic accounts of integrations.

use super::text::words;

words! {
    /// What kind of account a user is.
    pub enum UserKind {
        /// A person.
        Person = "person",
        /// A generic API account.
        Api = "api",
    }
}

words! {
    /// Whether a user may come in.
    pub enum UserStatus {
        /// May log in, and be named as the author of notes.
        Active = "active",
        /// Is out at the next request.
        Inactive = "inactive",
    }
}

words! {
    /// What a user may do, before relations to other users add to it.
    pub enum Role {
        /// Everything.
        Administrator = "administrator",
        /// Reads everything, changes nothing.
        Auditor = "auditor",
        /// Sees himself, and whom he supervises.
        Learner = "learner",
    }
}

/// The name of a user as shown to others: given name and surname.
pub fn full_name(given_name: &str, surname: &str) -> String {
    format!("{given_name} {surname}")
}
