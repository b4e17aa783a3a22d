//! New passwords: which are refused.

use crate::{
    auth::{
        password_rules::{self, Owner},
        passwords::Passwords,
    },
    error::{Error, Result},
};

/// What stands for a hash while a change is authorized. The password is hashed only after that,
/// because hashing is expensive. It is no PHC string, so no password matches it.
pub const STAND_IN: &str = "";

/// Refuses a new password that is too easy to guess.
///
/// # Errors
/// `validation_failed`, at the pointer.
pub fn check(pointer: &str, password: &str, owner: &Owner) -> Result<()> {
    password_rules::check(password, owner)
        .map_err(|weakness| Error::invalid_field(pointer, weakness.code(), weakness.to_string()))
}

/// The hash of a new password, unless it is too easy to guess.
///
/// # Errors
/// `validation_failed`, at `/password`; `unavailable` where too many passwords wait.
pub async fn hash(passwords: &Passwords, password: String, owner: &Owner) -> Result<String> {
    check("/password", &password, owner)?;
    passwords.hash(password).await
}
