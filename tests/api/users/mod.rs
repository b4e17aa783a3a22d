//! Users: resources, changes, lists, import, external trainings.

pub mod access;
pub mod changes;
pub mod external_training;
pub mod import;
pub mod lists;
pub mod names;
pub mod resource;
