//! Who the caller is now, whom they may see, what they may do: asked by reads and changes alike.

pub mod caller;
pub mod users;
