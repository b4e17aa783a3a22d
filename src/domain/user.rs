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
    /// Whether a user may log in.
    pub enum UserStatus {
        /// May log in, and be named as the author of notes.
        Active = "active",
        /// May not log in. Their sessions end at the next request.
        Inactive = "inactive",
    }
}

words! {
    /// The permissions of a user, to which relations to other users add.
    pub enum Role {
        /// Everything.
        Administrator = "administrator",
        /// Reads everything, changes nothing.
        Auditor = "auditor",
        /// Sees themselves and the users whom they supervise.
        Learner = "learner",
    }
}

impl Role {
    /// Whether it allows more than another role.
    pub fn is_above(self, other: Self) -> bool {
        let rank = |role| match role {
            Self::Learner => 0,
            Self::Auditor => 1,
            Self::Administrator => 2,
        };
        rank(self) > rank(other)
    }
}

/// The name of a user as shown to others: given name and surname.
pub fn full_name(given_name: &str, surname: &str) -> String {
    format!("{given_name} {surname}")
}
