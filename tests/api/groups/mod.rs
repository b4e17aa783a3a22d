//! Groups.

pub mod permissions;
pub mod plans;
pub mod resource;
