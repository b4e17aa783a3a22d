//! The type of access tokens, for log-in and `/oauth/token` alike.

use crate::domain::text::words;

words! {
    /// How the access token is sent.
    pub enum TokenType {
        /// As a Bearer token (RFC 6750).
        Bearer = "Bearer",
    }
}
