//! What an API client may be limited to (RFC 6749, section 3.3).

use std::{fmt, str::FromStr};

use super::text::{UnknownWord, words};

words! {
    /// What an access token of an API client is good for, besides what its user's role allows.
    pub enum Scope {
        /// Read users and groups.
        UsersRead = "users:read",
        /// Change users and groups, and import.
        UsersWrite = "users:write",
        /// Read courses, enrollments, learning plans, certifications and external training.
        LearningRead = "learning:read",
        /// Change courses, enrollments, learning plans, certifications and external training.
        LearningWrite = "learning:write",
        /// Read activity logs.
        ActivityRead = "activity:read",
        /// Add and edit notes in activity logs.
        ActivityWrite = "activity:write",
        /// Add the system entries of other systems to activity logs.
        ActivityIngest = "activity:ingest",
    }
}

/// A set of scopes. Its text has them in the order of the vocabulary, with a space between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Whether a scope is in it.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    /// Whether every scope of another set is in it.
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes, in the order of the vocabulary.
    pub fn to_vec(self) -> Vec<Scope> {
        Scope::ALL.iter().copied().filter(|scope| self.contains(*scope)).collect()
    }
}

const fn bit(scope: Scope) -> u8 {
    1 << scope as u8
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | bit(scope)))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.to_vec().into_iter().map(Scope::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

impl FromStr for Scopes {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        text.split(' ').filter(|word| !word.is_empty()).map(str::parse::<Scope>).collect()
    }
}
