//! Users, and what belongs to one of them.

pub mod external_training;
pub mod import;
pub mod import_csv;
pub mod plans;
#[allow(clippy::module_inception, reason = "the room and its main resource share a name")]
pub mod users;
