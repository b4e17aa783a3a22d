//! Scopes, which limit API clients (RFC 6749, section 3.3).

use std::{fmt, str::FromStr};

use super::text::{UnknownWord, words};

words! {
    /// A scope of an API client: a limit of its access tokens, within the role of its user.
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

/// A set of scopes. Its text form has them in the order of the vocabulary, separated by spaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Whether it contains a scope.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    /// Whether it contains every scope of another set.
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The scopes in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it contains no scope.
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

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    proptest! {
        #[test]
        fn a_set_keeps_its_scopes_in_the_order_of_the_vocabulary(
            scopes in vec(select(Scope::ALL), 0..12)
        ) {
            let set: Scopes = scopes.iter().copied().collect();
            for scope in Scope::ALL {
                prop_assert_eq!(set.contains(*scope), scopes.contains(scope));
            }
            prop_assert_eq!(set.is_empty(), scopes.is_empty());
            prop_assert_eq!(set.to_string().parse::<Scopes>().unwrap(), set);
            prop_assert_eq!(set.to_vec().into_iter().collect::<Scopes>(), set);
        }

        #[test]
        fn the_scopes_in_both_sets_are_in_each(
            one in vec(select(Scope::ALL), 0..12), other in vec(select(Scope::ALL), 0..12)
        ) {
            let [one, other] = [one, other].map(|it| it.into_iter().collect::<Scopes>());
            let both = one.and(other);
            prop_assert!(one.includes(both) && other.includes(both));
            prop_assert_eq!(one.includes(other), both == other);
        }
    }

    #[test]
    fn unknown_scopes_and_stray_spaces() {
        assert!("users:read admin".parse::<Scopes>().is_err());
        assert_eq!(" users:read  ".parse::<Scopes>().unwrap().to_string(), "users:read");
        assert!("".parse::<Scopes>().unwrap().is_empty());
    }
}
