//! Tokens, passwords and encryption.

pub mod oidc;
pub mod password_rules;
pub mod passwords;
mod provider_keys;
pub mod pseudonyms;
pub mod seal;
pub mod tokens;
