//! The framework of HTTP: endpoints, extractors, bodies, conditions, paging, problems, replies.

pub mod arrival;
pub mod authenticate;
pub mod bearer;
pub mod body;
pub mod box_future;
pub mod cors;
pub mod cursor;
pub mod endpoint;
pub mod etag;
pub mod extract;
pub mod gates;
pub mod headers;
pub mod health;
pub mod idempotency;
pub mod items;
pub mod logged_caller;
pub mod media_range;
pub mod metrics;
pub mod new_password;
mod operation_rules;
pub mod paging;
pub mod parse;
pub mod problem;
pub mod reply;
pub mod resource;
pub mod search_text;
pub mod validate;
