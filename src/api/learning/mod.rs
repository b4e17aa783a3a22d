//! Courses, certifications, learning plans, enrollments.

pub mod certifications;
pub mod courses;
pub mod enrollments;
pub mod plans;
