//! Groups of users.

use super::text::words;

words! {
    /// Whether a group is in use.
    pub enum GroupStatus {
        /// In use.
        Active = "active",
        /// No longer in use; it stays readable. Its permissions and plans have no effect.
        Archived = "archived",
    }
}

words! {
    /// A permission of a member of a group, concerning its other members.
    pub enum GroupPermission {
        /// Change the users whose home group it is, and add notes to their logs.
        ManageUsers = "manage_users",
        /// See the profiles and the logs of its members.
        ViewLearnerResults = "view_learner_results",
    }
}
