//! The vocabulary and the rules of the domain, without HTTP and database.

pub mod attempt;
pub mod batch;
pub mod catalogue;
pub mod certification;
pub mod characters;
pub mod clock;
pub mod date;
pub mod email;
pub mod enrollment;
pub mod entry;
pub(crate) mod examples;
pub mod group;
pub mod identity;
pub mod ids;
pub mod import;
pub mod limits;
pub mod name;
pub mod plan;
pub mod policy;
pub mod scope;
pub mod session;
pub mod text;
pub mod timestamp;
pub mod user;
pub mod version;
