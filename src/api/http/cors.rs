//! Which web pages may use the API from a browser (CORS, Fetch standard).

use actix_cors::Cors;
use actix_web::http::{
    Method,
    header::{self, HeaderName},
};

use crate::config::network::Origins;

/// The headers of a response that a page may read, besides the safelisted ones.
const EXPOSED: [&str; 7] =
    ["etag", "location", "link", "retry-after", "ratelimit", "ratelimit-policy", "x-request-id"];

/// How long a browser may cache a preflight, in seconds: the smallest of the browsers' own limits.
const MAX_AGE: usize = 2 * 3600;

/// Allows the pages of these origins. There are no cookies: a page sends its own token, and can't use
/// that of another page.
pub fn cors(origins: &Origins) -> Cors {
    let methods =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let headers = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        header::ACCEPT,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("x-request-id"),
    ];
    let cors = Cors::default()
        .allowed_methods(methods)
        .allowed_headers(headers)
        .expose_headers(EXPOSED)
        .max_age(MAX_AGE)
        // The browser keeps pages of other origins from reading the response. Other clients may
        // send an Origin too, so the request itself is not refused.
        .block_on_origin_mismatch(false);
    origins.iter().fold(cors, Cors::allowed_origin)
}
