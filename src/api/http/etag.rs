//! Entity tags (RFC 9110, section 8.8.3): the version of a row, in quotes; and responses with one.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::{Method, StatusCode, header},
};
use futures_util::future::{Ready, ready};
use serde::Serialize;

use crate::{
    domain::{text::decimal, version::IfMatch},
    error::{Code, Error, Result},
};

/// The most characters of a line of `If-Match` and `If-None-Match`: room for a hundred tags.
pub const CONDITION_MAX: usize = 4000;

/// The `If-Match` of a request.
pub struct Precondition(pub IfMatch);

impl FromRequest for Precondition {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if_match(request).map(Self))
    }
}

fn if_match(request: &HttpRequest) -> Result<IfMatch> {
    let (mut tags, mut there) = (Vec::new(), false);
    for value in request.headers().get_all(header::IF_MATCH) {
        there = true;
        let value = value.to_str().unwrap_or_default().trim();
        if value == "*" {
            return Ok(IfMatch::Any);
        }
        tags.extend(entity_tags(value).ok_or_else(unreadable)?);
    }
    if there && tags.is_empty() {
        return Err(unreadable());
    }
    // A weak tag never matches here (RFC 9110, section 13.1.1).
    let strong = tags.iter().filter(|(weak, _)| !weak);
    // Tags are compared character by character: "01" is not the tag of version 1.
    let versions = strong.filter_map(|(_, opaque)| decimal(opaque)).collect();
    Ok(if there { IfMatch::Versions(versions) } else { IfMatch::Missing })
}

fn unreadable() -> Error {
    let text = "If-Match takes the ETag as it was sent, with its quotes, or *.";
    Error::new(Code::MalformedRequest, text)
}

/// The tags of a list, each with whether it is weak; none where it is not a list of tags (RFC 9110,
/// section 8.8.3). Elements may be empty (section 5.6.1), and a tag may contain a comma.
fn entity_tags(list: &str) -> Option<Vec<(bool, &str)>> {
    let blank = [' ', '\t'];
    let mut tags = Vec::new();
    let mut rest = list;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(tags);
        }
        let strong = rest.strip_prefix("W/").unwrap_or(rest);
        let (opaque, after) = strong.strip_prefix('"')?.split_once('"')?;
        if opaque.contains(blank) {
            return None;
        }
        tags.push((strong.len() < rest.len(), opaque));
        rest = after.trim_start_matches(blank);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

/// The tag of a version.
pub fn tag(version: i64) -> String {
    format!("\"{version}\"")
}

/// A response with a resource and the tag of its version; 304 where the client has it (`GET` only).
pub fn resource<T: Serialize>(request: &HttpRequest, version: i64, body: &T) -> HttpResponse {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let status = if is_read && client_has(request, &tag(version)) {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    };
    let mut response = HttpResponse::build(status);
    response.insert_header((header::ETAG, tag(version)));
    if status == StatusCode::NOT_MODIFIED { response.finish() } else { response.json(body) }
}

/// Whether `If-None-Match` names the tag, by weak comparison. An unreadable one is ignored.
fn client_has(request: &HttpRequest, tag: &str) -> bool {
    request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    use super::*;

    fn parse(values: &[&str]) -> Result<IfMatch> {
        let request = values
            .iter()
            .fold(TestRequest::default(), |it, value| it.append_header((header::IF_MATCH, *value)));
        if_match(&request.to_http_request())
    }

    #[test]
    fn a_list_has_strong_tags_weak_tags_and_empty_elements() {
        let tags = entity_tags("\"1\" ,, W/\"2\",\"a,b\",");
        assert_eq!(tags, Some(vec![(false, "1"), (true, "2"), (false, "a,b")]));
        assert_eq!(entity_tags(""), Some(vec![]));
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for list in ["1", "\"1", "\"1\" \"2\"", "w/\"1\"", "\"a b\"", "*"] {
            assert_eq!(entity_tags(list), None, "{list}");
        }
    }

    #[test]
    fn a_condition_names_versions_or_any_or_is_missing() {
        assert_eq!(parse(&[]).unwrap(), IfMatch::Missing);
        assert_eq!(parse(&["*"]).unwrap(), IfMatch::Any);
        assert_eq!(parse(&["\"3\"", "\"4\""]).unwrap(), IfMatch::Versions(vec![3, 4]));
        // Weak tags and tags of another form match nothing.
        assert_eq!(parse(&["W/\"3\", \"03\", \"x\""]).unwrap(), IfMatch::Versions(vec![]));
        assert_eq!(parse(&[","]).unwrap_err().code, Code::MalformedRequest);
    }

    proptest! {
        #[test]
        fn every_list_of_versions_is_read(versions in prop::collection::vec(0i64.., 1..20)) {
            let list = versions.iter().map(|it| tag(*it)).collect::<Vec<_>>().join(", ");
            prop_assert_eq!(parse(&[&list]).unwrap(), IfMatch::Versions(versions));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,60}") {
            let _ = entity_tags(&text);
        }
    }
}
