//! Groups, their members and their learning plans.

pub mod group_schema;
#[allow(clippy::module_inception, reason = "the room and its main resource share a name")]
pub mod groups;
pub mod members;
