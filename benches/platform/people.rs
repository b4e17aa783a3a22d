//! The users who ask for the lists, by their numbers.

use crate::{data::ids::user_id, error::Result};

/// How many users the platform has.
pub const USERS: u64 = 50_000;

/// An administrator.
pub const ADMINISTRATOR: u64 = 49_999;
/// The API account of an integration, which entered nearly all of the log.
pub const API_ACCOUNT: u64 = 49_998;
/// A supervisor of five users.
pub const SUPERVISOR: u64 = 49_990;
/// The five users.
pub const SUPERVISED: [u64; 5] = [100, 200, 300, 400, 500];
/// A user with `view_learner_results` on a group of 300.
pub const VIEWER_OF_300: u64 = 49_991;
/// A user with `view_learner_results` on a group of 5,000.
pub const VIEWER_OF_5000: u64 = 49_992;
/// A user with `manage_users` on the home group of 5,000.
pub const MANAGER_OF_5000: u64 = 49_993;
/// A user with `manage_users` on the home group of 30.
pub const MANAGER_OF_30: u64 = 49_994;
/// A user with `view_learner_results` on a group of 1,000 who are [inactive](is_inactive).
pub const VIEWER_OF_INACTIVE: u64 = 49_995;
/// A user who sees only their own records.
pub const LEARNER: u64 = 49_996;
/// A user with a log of 50,000 entries.
pub const LONG_LOG: u64 = 12_345;

/// The users who log in.
pub const CALLERS: &[u64] = &[
    ADMINISTRATOR,
    SUPERVISOR,
    VIEWER_OF_300,
    VIEWER_OF_5000,
    MANAGER_OF_5000,
    MANAGER_OF_30,
    VIEWER_OF_INACTIVE,
    LEARNER,
];

/// Whether the log of a user has nothing after its first tenth.
pub fn is_inactive(user: u64) -> bool {
    (10_000..11_000).contains(&user)
}

/// The path of a user's log.
pub fn log_path(number: u64) -> Result<String> {
    Ok(format!("/users/{}/activity", user_id(number)?))
}
