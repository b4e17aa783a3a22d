//! Who the caller is: log-in, tokens, API clients.

pub mod api_clients;
pub mod authenticate;
pub mod bearer;
pub mod login;
pub mod oauth;
pub mod scopes;
