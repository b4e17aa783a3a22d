//! Attempts to authenticate, and their limits.

/// The most attempts of a bucket in a window.
pub const ATTEMPTS: i64 = 10;

/// The most attempts in a window of an address, for all accounts together that are known there. A
/// whole office can log in at nine, and nobody inside can try passwords without end.
pub const CROWD_ATTEMPTS: i64 = 60;

/// The seconds of a window, which begins with its first attempt.
pub const WINDOW_SECONDS: i64 = 60;

/// The seconds that an address stays known for an account, after a log-in from there.
pub const KNOWN_SECONDS: i64 = 30 * 24 * 3600;

/// An attempt to log in or to get a token. Its three names are keyed hashes, which reveal neither
/// account nor address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The bucket of the address, for all accounts that are not known there.
    pub address: String,
    /// The bucket of the account, for all addresses where it is not known. It exists even if the
    /// account does not.
    pub account: String,
    /// Both together: the bucket of an account at a known address. Attempts from elsewhere, and on
    /// other accounts from here, do not count in it.
    pub place: String,
}
