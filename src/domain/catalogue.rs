//! The words of the course catalogue.

use super::text::words;

words! {
    /// The form of delivery of a course.
    pub enum CourseType {
        /// In the browser.
        Online = "online",
        /// A SCORM package.
        Scorm = "scorm",
        /// Live, with an instructor.
        InstructorLed = "instructor_led",
        /// By an external provider.
        External = "external",
    }
}

words! {
    /// Whether users can be enrolled in a course.
    pub enum CourseStatus {
        /// They can.
        Active = "active",
        /// New enrollments are not possible; it stays readable.
        Archived = "archived",
    }
}
