//! Who the caller is: log-in, tokens, API clients.

pub mod api_client_schema;
pub mod api_clients;
pub mod login;
pub mod me;
pub mod oauth;
pub mod oauth_error;
pub mod oauth_schema;
pub mod own_password;
pub mod scopes;
pub mod token_request;
pub mod token_type;
