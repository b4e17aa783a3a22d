//! Which web pages may use the API from a browser (CORS, as the Fetch standard has it).

use actix_cors::Cors;
use actix_web::http::{
    Method,
    header::{self, HeaderName},
};

use crate::config::Origins;

/// What a page may read of an answer, besides its body and what is harmless.
const EXPOSED: [&str; 7] =
    ["etag", "location", "link", "retry-after", "ratelimit", "ratelimit-policy", "x-request-id"];

/// Seconds for which a browser need not ask again: as long as the strictest of them remembers.
const MAX_AGE: usize = 2 * 3600;

/// Lets the pages of these origins in. Nobody is let in by a cookie: pages send their token
/// themselves, and so a page that has none can't use that of another.
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
        // A page elsewhere is kept from reading the answer by the browser. Answering it is right:
        // many a client that is no browser sends an Origin too.
        .block_on_origin_mismatch(false);
    origins.iter().fold(cors, Cors::allowed_origin)
}
