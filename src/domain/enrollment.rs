//! The life of an enrollment: enrolled, in progress, completed; or cancelled.

use super::text::words;

words! {
    /// Where an enrollment stands.
    pub enum EnrollmentStatus {
        /// Not begun.
        Enrolled = "enrolled",
        /// Begun, not completed.
        InProgress = "in_progress",
        /// Completed, by himself or by force.
        Completed = "completed",
        /// Taken back. Stays readable; the user may be enrolled in the course again.
        Cancelled = "cancelled",
    }
}

words! {
    /// How an enrollment was completed.
    pub enum CompletionMethod {
        /// The learner did it.
        Earned = "earned",
        /// Somebody set it so.
        Forced = "forced",
    }
}

words! {
    /// What came of it.
    pub enum GradeResult {
        /// Passed.
        Pass = "pass",
        /// Failed.
        Fail = "fail",
    }
}
