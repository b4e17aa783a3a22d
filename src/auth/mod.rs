//! Proving who somebody is: tokens and passwords.

pub mod oidc;
pub mod passwords;
pub mod pseudonyms;
pub mod seal;
pub mod tokens;
