//! Courses, certifications, learning plans, enrollments.

pub mod certifications;
pub mod concurrency;
pub mod courses;
pub mod enrollment_changes;
pub mod enrollments;
pub mod expiry;
pub mod plans;
