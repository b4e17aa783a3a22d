//! The lifetimes of tokens.

use super::timestamp::Timestamp;

/// The lifetime of an access token, in seconds.
pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;

/// The lifetime of a refresh token, in seconds from its issue. A session that nobody refreshes for
/// so long is over.
pub const REFRESH_TOKEN_SECONDS: i64 = 14 * 24 * 3600;

/// The seconds until an access token of a session expires: it does not outlive the session.
pub fn access_token_seconds(now: Timestamp, session_end: Timestamp) -> i64 {
    let left = (session_end.millis() - now.millis()).div_euclid(1000);
    left.clamp(1, ACCESS_TOKEN_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::access_token_seconds;
    use crate::domain::timestamp::Timestamp;

    #[test]
    fn an_access_token_does_not_outlive_its_session() {
        let now = Timestamp::system_now();
        let seconds = |left| access_token_seconds(now, now.plus_seconds(left));
        assert_eq!([seconds(3600), seconds(60), seconds(0)], [900, 60, 1]);
    }
}
