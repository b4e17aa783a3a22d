//! The lifetimes of tokens.

/// The lifetime of an access token, in seconds.
pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;

/// The lifetime of a refresh token, in seconds from its issue. A session that nobody refreshes for
/// so long is over.
pub const REFRESH_TOKEN_SECONDS: i64 = 14 * 24 * 3600;
