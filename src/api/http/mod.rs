//! The framework of HTTP: endpoints, extractors, bodies, conditions, paging, problems, replies, metrics.

pub mod body;
pub mod cors;
pub mod cursor;
pub mod endpoint;
pub mod etag;
pub mod extract;
pub mod gates;
pub mod health;
pub mod idempotency;
pub mod items;
pub mod middleware;
pub mod paging;
pub mod parse;
pub mod problem;
pub mod reply;
pub mod resource;
pub mod search_text;
pub mod validate;
