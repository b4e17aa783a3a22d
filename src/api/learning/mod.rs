//! Courses, certifications, learning plans, enrollments.

pub mod certification_schema;
pub mod certifications;
pub mod course_schema;
pub mod courses;
pub mod enrollment_schema;
pub mod enrollments;
pub mod plan_schema;
pub mod plans;
