//! Users, and what belongs to one of them.

pub mod certifications;
pub mod external_training;
pub mod import;
pub mod import_csv;
pub mod plans;
pub mod user_schema;
#[allow(clippy::module_inception, reason = "the room and its main resource share a name")]
pub mod users;
