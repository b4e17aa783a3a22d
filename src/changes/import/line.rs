//! One line of an import of users.

use crate::domain::user::{Role, UserKind, UserStatus};

/// A line about one user. What is `None` stays as it is.
#[allow(missing_docs, reason = "the columns")]
#[derive(Clone, Debug, Default)]
pub struct ImportUser {
    pub email: Option<String>,
    pub employee_id: Option<String>,
    pub given_name: Option<String>,
    pub surname: Option<String>,
    pub kind: Option<UserKind>,
    pub status: Option<UserStatus>,
    pub role: Option<Role>,
    pub time_zone: Option<String>,
    /// An id or a name.
    pub home_group: Option<String>,
    /// Ids or names; added to those that the user has.
    pub groups: Vec<String>,
    /// Ids or names; added to those that the user has.
    pub learning_plans: Vec<String>,
    /// Ids or e-mail addresses; added to those that the user has.
    pub supervisors: Vec<String>,
}
