//! The states of an enrollment: enrolled, in progress, completed; or cancelled.

use super::text::words;

words! {
    /// The status of an enrollment.
    pub enum EnrollmentStatus {
        /// Not started.
        Enrolled = "enrolled",
        /// Started, not completed.
        InProgress = "in_progress",
        /// Completed by the learner, or forced by somebody.
        Completed = "completed",
        /// Cancelled. It stays readable, and the user can be enrolled in the course again.
        Cancelled = "cancelled",
    }
}

words! {
    /// How an enrollment was completed.
    pub enum CompletionMethod {
        /// The learner did it.
        Earned = "earned",
        /// Somebody forced it.
        Forced = "forced",
    }
}

words! {
    /// The result of a completion.
    pub enum GradeResult {
        /// Passed.
        Pass = "pass",
        /// Failed.
        Fail = "fail",
    }
}
