//! Proving who somebody is: tokens and passwords.

pub mod passwords;
pub mod seal;
pub mod tokens;
