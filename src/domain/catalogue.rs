//! The words of the course catalogue.

use super::text::words;

words! {
    /// How a course is given.
    pub enum CourseType {
        /// In the browser.
        Online = "online",
        /// A SCORM package.
        Scorm = "scorm",
        /// Live, with an instructor.
        InstructorLed = "instructor_led",
        /// By somebody else.
        External = "external",
    }
}

words! {
    /// Whether a course is on offer.
    pub enum CourseStatus {
        /// Users can be enrolled.
        Active = "active",
        /// Nobody new can be enrolled; it stays readable.
        Archived = "archived",
    }
}
