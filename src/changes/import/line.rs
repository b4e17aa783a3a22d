//! One line of an import.

use crate::domain::user::{Role, UserKind, UserStatus};

/// What a line says of one user. What it does not say stays as it is.
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
    /// The id or the name.
    pub home_group: Option<String>,
    /// Ids or names; these are added to those that the user has.
    pub groups: Vec<String>,
    /// Ids or names; these are added to those that the user has.
    pub learning_plans: Vec<String>,
    /// Ids or e-mail addresses; these are added to those that the user has.
    pub supervisors: Vec<String>,
}
