//! The error responses of the operations, with an example of each code.

use serde_json::{Value, json};
use utoipa::{
    PartialSchema,
    openapi::{Content, Ref, RefOr, Response, ResponseBuilder, example::ExampleBuilder},
};

use super::{headers, illustrate::example_of};
use crate::{
    api::{http::problem::PROBLEM_JSON, session::oauth_error::OAuthError},
    domain::examples,
    error::Code,
};

/// The errors that operations share: name, status, and when they occur.
pub const ERRORS: &[(&str, &str, &str)] = &[
    (
        "BadRequest",
        "400",
        "`malformed_request`, `invalid_parameter` or `invalid_cursor`: the request can't be read, \
         or a query parameter is unknown or wrong.",
    ),
    ("Unauthorized", "401", "`unauthenticated` or `invalid_token`: log in, or refresh."),
    (
        "Forbidden",
        "403",
        "`forbidden`: the caller may see it, but not do this. `insufficient_scope`: the API \
         client's token lacks the scope for this.",
    ),
    ("NotFound", "404", "`not_found`: it does not exist, or the caller may not see it."),
    ("NotAcceptable", "406", "`not_acceptable`: no media type of the response fits `Accept`."),
    (
        "Conflict",
        "409",
        "`idempotency_in_flight`: the first request with this `Idempotency-Key` is still running.",
    ),
    ("PreconditionFailed", "412", "`precondition_failed`: it has changed since it was read."),
    (
        "PayloadTooLarge",
        "413",
        "`payload_too_large`: a body has at most 1 MiB, and 8 KiB at `/auth` and `/oauth`.",
    ),
    ("UnsupportedMediaType", "415", "`unsupported_media_type`: send what the operation takes."),
    (
        "UnprocessableContent",
        "422",
        "`validation_failed`: see `errors`. `idempotency_key_reused`: take a new key.",
    ),
    ("PreconditionRequired", "428", "`precondition_required`: send the ETag as `If-Match`."),
    ("TooManyRequests", "429", "`rate_limited`: try again after `Retry-After` seconds."),
    ("InternalServerError", "500", "`internal_error`: the service failed."),
    ("ServiceUnavailable", "503", "`unavailable`: try again after `Retry-After` seconds."),
    ("Problem", "default", "Any other problem, such as `method_not_allowed`."),
];

/// The name of the one response for the errors of `/oauth/token`.
pub const OAUTH_ERROR: &str = "OAuthError";

/// The responses that operations share, by name.
pub fn shared() -> impl Iterator<Item = (String, RefOr<Response>)> {
    let problems = ERRORS.iter().map(|(name, status, text)| {
        let content = Content::new(Some(Ref::from_schema_name("Problem")));
        let response = ResponseBuilder::new().description(*text).content(PROBLEM_JSON, content);
        let mut response = response.build();
        complete(&mut response, status, "/users");
        (*name, response)
    });
    let mut content = Content::new(Some(Ref::from_schema_name("OAuthError")));
    content.example = example_of(&OAuthError::schema());
    let mut oauth = ResponseBuilder::new()
        .description("There is no token: `error` says why (RFC 6749, section 5.2).")
        .content("application/json", content)
        .build();
    headers::add(&mut oauth, &["Retry-After", "WWW-Authenticate"]);
    problems.chain([(OAUTH_ERROR, oauth)]).map(|(name, it)| (name.to_owned(), RefOr::T(it)))
}

/// Gives a problem response its headers, and an example of each code that its description names.
pub fn complete(response: &mut Response, status: &str, path: &str) {
    headers::add(response, headers::of_error(status));
    let text = response.description.clone();
    let Some(RefOr::T(content)) = response.content.get_mut(PROBLEM_JSON) else { return };
    for (code, reason) in codes(&text) {
        let problem = problem(code, reason.as_deref(), path);
        let example = ExampleBuilder::new().summary(code.title()).value(Some(problem));
        content.examples.insert(code.as_str().to_owned(), example.into());
    }
}

/// The codes that a description names, each with the reason after its colon.
fn codes(text: &str) -> Vec<(Code, Option<String>)> {
    let parts: Vec<&str> = text.split('`').collect();
    // The text between backticks is at the odd positions.
    let named = parts.chunks(2).filter_map(|pair| pair.get(1).copied());
    let after = parts.iter().skip(2).step_by(2);
    named
        .zip(after)
        .filter_map(|(word, rest)| {
            let code = Code::ALL.iter().copied().find(|code| code.as_str() == word)?;
            let reason = rest.strip_prefix(": ").map(|it| sentence(it.trim()));
            Some((code, reason))
        })
        .collect()
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

fn problem(code: Code, reason: Option<&str>, path: &str) -> Value {
    let own = match code {
        Code::MalformedRequest => Some("The body is not JSON: expected value at line 1 column 1."),
        Code::InvalidParameter => Some("limit: expected 1 to 100."),
        Code::InvalidCursor => Some("The cursor is not one of this list with these filters."),
        Code::Forbidden => Some("You may not do this."),
        Code::NotFound => Some("The resource does not exist, or you may not see it."),
        Code::ValidationFailed => Some("It has 1 to 200 characters."),
        Code::Internal => Some("The cause is in the service's log, under this request_id."),
        _ => None,
    };
    let detail = own.or(reason).unwrap_or(code.title());
    let mut problem = json!({
        "type": format!("urn:daybook:problem:{}", code.as_str()),
        "title": code.title(),
        "status": code.status(),
        "detail": detail,
        "instance": instance(path),
        "code": code.as_str(),
        "request_id": examples::REQUEST,
    });
    let input = match code {
        Code::InvalidParameter => Some(("parameter", "limit", "invalid")),
        Code::InvalidCursor => Some(("parameter", "cursor", "invalid")),
        Code::ValidationFailed => Some(("pointer", "/name", "too_long")),
        _ => None,
    };
    if let Some((field, name, code)) = input {
        problem["errors"] = json!([{field: name, "code": code, "detail": detail}]);
    }
    problem
}

/// A path of the document with the ids of the examples.
fn instance(path: &str) -> String {
    let words = path.split('/').map(|word| {
        let name = word.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        match name {
            Some(name) => examples::id(name),
            None => word,
        }
    });
    words.collect::<Vec<_>>().join("/")
}
