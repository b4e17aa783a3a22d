//! The learning plans of a user.

use super::text::words;

words! {
    /// How far a user is with a learning plan assigned to him.
    pub enum PlanStatus {
        /// Not there yet. A plan without certifications is never met.
        NotMet = "not_met",
        /// Every certification of it is met.
        Met = "met",
    }
}
