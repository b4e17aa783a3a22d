//! Trying to prove who one is: how often, and from where.

/// How many attempts each bucket takes within a window.
pub const ATTEMPTS: i64 = 10;

/// How many attempts an address takes for all accounts together that are known there: an office
/// may log in at nine, and who is inside of it may not try passwords without end.
pub const CROWD_ATTEMPTS: i64 = 60;

/// Seconds of a window. It begins with the first attempt in it.
pub const WINDOW_SECONDS: i64 = 60;

/// Seconds that an address is known as one where an account is used, after a log-in from there.
pub const KNOWN_SECONDS: i64 = 30 * 24 * 3600;

/// An attempt to log in, or to get a token. Its three names are keyed hashes: who and where it was
/// can't be told from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The bucket of the address, for all accounts that are not known there.
    pub address: String,
    /// The bucket of the account, for all addresses where it is not known. There is one whether or
    /// not there is such an account.
    pub account: String,
    /// Both together: the bucket of an account where it is known. Whoever tries it elsewhere, and
    /// whoever tries other accounts here, leaves this one alone.
    pub place: String,
}
