//! Log-in, tokens, API clients: who the caller is.

pub mod api_clients;
pub mod login;
pub mod oauth;
pub mod oidc;
pub mod passwords;
pub mod tokens;
