//! Proving who somebody is: tokens and passwords.

pub mod passwords;
pub mod pseudonyms;
pub mod tokens;
