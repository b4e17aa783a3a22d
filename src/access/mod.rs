//! The current caller, the users whom they may see, and what they may do to one: for reads and
//! changes alike.

pub mod caller;
pub mod users;
