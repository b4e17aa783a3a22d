//! The learning plans of a user.

use super::text::words;

words! {
    /// The status of a user's learning plan.
    pub enum PlanStatus {
        /// Not every certification of it is met. A plan without certifications is never met.
        NotMet = "not_met",
        /// Every certification of it is met.
        Met = "met",
    }
}
