//! How long a log-in lasts.

/// Seconds that an access token is good for.
pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;

/// Seconds that a refresh token is good for, counted from its issue: a session that nobody
/// refreshes for so long is over.
pub const REFRESH_TOKEN_SECONDS: i64 = 14 * 24 * 3600;
