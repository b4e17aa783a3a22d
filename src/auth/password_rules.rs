//! Which passwords are refused, besides those of the wrong length.

use std::{collections::HashSet, fmt, sync::LazyLock};

/// The commonest passwords, in lower case: the beginning of the frequency list of zxcvbn
/// (<https://github.com/dropbox/zxcvbn>, MIT licence, Copyright Dropbox, Inc.).
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// The fewest characters of a part of a name or an address that a password may not contain: shorter
/// ones are in too many good passwords.
const PART_MIN: usize = 4;

/// The user whose password it is.
#[derive(Clone, Debug, Default)]
pub struct Owner {
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their given name.
    pub given_name: String,
    /// Their surname.
    pub surname: String,
}

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// It is one of the commonest, or nearly so.
    Common,
    /// It is one character repeated.
    Repeated,
    /// It contains the user's own e-mail address or name.
    Personal,
}

impl Weakness {
    /// The code for clients.
    pub fn code(self) -> &'static str {
        match self {
            Self::Common => "too_common",
            Self::Repeated => "too_repetitive",
            Self::Personal => "too_personal",
        }
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Common => "It is one of the commonest passwords, or nearly so.",
            Self::Repeated => "It is one character, repeated.",
            Self::Personal => "It contains the e-mail address or the name of the user.",
        })
    }
}

/// Checks a new password of a user. Its length is checked elsewhere.
pub fn check(password: &str, owner: &Owner) -> Result<(), Weakness> {
    let lower = password.to_lowercase();
    let mut chars = lower.chars();
    let first = chars.next();
    if chars.all(|c| Some(c) == first) {
        return Err(Weakness::Repeated);
    }
    let is_common =
        |text: &str| COMMON.contains(text) || half(text).is_some_and(|it| COMMON.contains(it));
    // “Password123!” is no better than “password”.
    let unmarked = lower.trim_end_matches(|c: char| !c.is_alphanumeric());
    let stem = unmarked.trim_end_matches(|c: char| !c.is_alphabetic());
    if [&lower, unmarked, stem].into_iter().any(is_common) {
        return Err(Weakness::Common);
    }
    let squeezed = squeeze(&lower);
    if personal_parts(owner).any(|part| squeezed.contains(&part)) {
        return Err(Weakness::Personal);
    }
    Ok(())
}

/// The half of a text that is the same twice.
fn half(text: &str) -> Option<&str> {
    let (one, other) = text.split_at_checked(text.len() / 2)?;
    (one == other).then_some(one)
}

/// Letters and digits alone, in lower case: dots and spaces hide nothing.
fn squeeze(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The address, its local part, and the name in both orders.
fn personal_parts(owner: &Owner) -> impl Iterator<Item = String> {
    let Owner { email, given_name, surname } = owner;
    let email = email.as_deref().unwrap_or_default();
    let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
    let names = [format!("{given_name}{surname}"), format!("{surname}{given_name}")];
    let parts = [squeeze(email), squeeze(local)].into_iter().chain(names.map(|it| squeeze(&it)));
    parts.filter(|part| part.chars().count() >= PART_MIN)
}

#[cfg(test)]
mod tests {
    use super::{COMMON, Owner, Weakness, check};

    fn sam() -> Owner {
        Owner {
            email: Some("Sam.Rivera@example.com".to_owned()),
            given_name: "Samuel".to_owned(),
            surname: "Rivera".to_owned(),
        }
    }

    #[test]
    fn the_list_is_there_in_lower_case() {
        assert!(COMMON.len() > 10_000);
        assert!(COMMON.iter().all(|it| *it == it.to_lowercase() && *it == it.trim()));
    }

    #[test]
    fn the_commonest_passwords_are_refused_in_all_their_dresses() {
        for password in [
            "1234567890qwerty",
            "1234567890QWERTY",
            "password1234",
            "Password123!",
            "passwordpassword",
            "PasswordPassword1",
            "qwertyuiop12",
            "123456789!!!",
            "monkey-2026-07",
            "monkeymonkey",
        ] {
            assert_eq!(check(password, &Owner::default()), Err(Weakness::Common), "{password}");
        }
        assert_eq!(check("xxxxxxxxxxxx", &sam()), Err(Weakness::Repeated));
        assert_eq!(check("XxXxXxXxXxXx", &sam()), Err(Weakness::Repeated));
    }

    #[test]
    fn the_own_address_and_name_are_refused_however_they_are_written() {
        for password in [
            "sam.rivera@example.com",
            "Sam Rivera 2026",
            "my-sam_rivera-1",
            "SamuelRivera!!",
            "rivera, samuel",
            "SAM.RIVERA.SAM.RIVERA",
        ] {
            assert_eq!(check(password, &sam()), Err(Weakness::Personal), "{password}");
        }
        // Parts of three characters are in too many words.
        let ann = Owner { email: Some("ann@example.com".to_owned()), ..Owner::default() };
        assert_eq!(check("a planned journey", &ann), Ok(()));
        assert_eq!(check("ann@example.com", &ann), Err(Weakness::Personal));
    }

    #[test]
    fn others_are_allowed() {
        for password in [
            "daybook-demo",
            "a long password",
            "another long password",
            "rivera of tears",
            "correct horse battery staple",
            "739184620517",
            "ein längeres Wort",
        ] {
            assert_eq!(check(password, &sam()), Ok(()), "{password}");
        }
        assert_eq!(check("", &Owner::default()), Err(Weakness::Repeated));
    }
}
