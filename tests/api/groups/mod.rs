//! Groups: members, permissions, learning plans.

pub mod permissions;
pub mod plans;
pub mod resource;
