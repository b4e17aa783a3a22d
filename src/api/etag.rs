//! Entity tags (RFC 9110, section 8.8.3): the version of a row, in quotes; and answers with one.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::{Method, StatusCode, header},
};
use futures_util::future::{Ready, ready};
use serde::Serialize;

use crate::{
    domain::version::IfMatch,
    error::{Code, Error, Result},
};

/// `If-Match`, as a request sends it.
pub struct Precondition(pub IfMatch);

impl FromRequest for Precondition {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if_match(request).map(Self))
    }
}

fn if_match(request: &HttpRequest) -> Result<IfMatch> {
    let mut versions = Vec::new();
    let mut there = false;
    for value in request.headers().get_all(header::IF_MATCH) {
        there = true;
        let value = value.to_str().unwrap_or_default().trim();
        if value == "*" {
            return Ok(IfMatch::Any);
        }
        // A list may have empty elements (RFC 9110, section 5.6.1).
        for tag in value.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            // A weak tag never matches here (RFC 9110, section 13.1.1).
            let weak = tag.strip_prefix("W/");
            let quoted = weak.unwrap_or(tag).strip_prefix('"');
            let opaque = quoted.and_then(|rest| rest.strip_suffix('"'));
            let opaque = opaque.ok_or_else(|| {
                let text = "If-Match takes the ETag as it was sent, with its quotes, or *.";
                Error::new(Code::MalformedRequest, text)
            })?;
            // Character by character: "01" is not the tag of version 1.
            let version = opaque.parse::<i64>().ok().filter(|it| it.to_string() == opaque);
            versions.extend(version.filter(|_| weak.is_none()));
        }
    }
    Ok(if there { IfMatch::Versions(versions) } else { IfMatch::Missing })
}

/// The tag of a version.
pub fn tag(version: i64) -> String {
    format!("\"{version}\"")
}

/// Answers a resource with the tag of its version; 304 where the client has it (`GET` only).
pub fn resource<T: Serialize>(request: &HttpRequest, version: i64, body: &T) -> HttpResponse {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let status = if is_read && has_it(request, &tag(version)) {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    };
    let mut response = HttpResponse::build(status);
    response.insert_header((header::ETAG, tag(version)));
    if status == StatusCode::NOT_MODIFIED { response.finish() } else { response.json(body) }
}

/// Whether `If-None-Match` names the tag, by weak comparison. One that can't be read is ignored.
fn has_it(request: &HttpRequest, tag: &str) -> bool {
    request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag)
}
