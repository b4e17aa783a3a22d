//! Who asks for the lists: the numbers of the platform's users who have a part in them.

use crate::{Result, random::user_id};

/// How many users the platform has.
pub const USERS: u64 = 50_000;
/// The password of everybody who logs in.
pub const PASSWORD: &str = "a-password-of-the-benchmark";

/// An administrator.
pub const ADMINISTRATOR: u64 = 49_999;
/// The account of an integration that entered nearly all of the log.
pub const API_ACCOUNT: u64 = 49_998;
/// He supervises five.
pub const SUPERVISOR: u64 = 49_990;
/// The five.
pub const SUPERVISED: [u64; 5] = [100, 200, 300, 400, 500];
/// `view_learner_results` on a group of 300.
pub const VIEWER_OF_300: u64 = 49_991;
/// `view_learner_results` on a group of 5,000.
pub const VIEWER_OF_5000: u64 = 49_992;
/// `manage_users` on a group that is the home of 5,000.
pub const MANAGER_OF_5000: u64 = 49_993;
/// `manage_users` on a group that is the home of 30.
pub const MANAGER_OF_30: u64 = 49_994;
/// `view_learner_results` on a group of 1,000 of whom the log has told nothing for long.
pub const VIEWER_OF_INACTIVE: u64 = 49_995;
/// Sees nobody but himself.
pub const LEARNER: u64 = 49_996;
/// The log of this one is fifty thousand entries long.
pub const LONG_LOG: u64 = 12_345;

/// Those who log in.
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

/// The address that a user logs in with.
pub fn email(number: u64) -> String {
    format!("learner-{number}@example.com")
}

/// The log of a user.
pub fn log_of(number: u64) -> Result<String> {
    Ok(format!("/users/{}/activity", user_id(number)?))
}
