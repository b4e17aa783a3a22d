//! The import of users: each line is a change of its own.

mod line;
mod lines;
mod names;

pub use line::ImportUser;
pub use lines::{Imported, authorize, import, rehearse};
