//! Names of headers that several files use.

use actix_web::http::header::HeaderName;

/// The header with the id of a request.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
