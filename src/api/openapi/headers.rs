//! The headers of responses, and which response has which of them.

use utoipa::openapi::{Header, ObjectBuilder, Ref, RefOr, Response, Schema, Type};

use super::text::REQUEST_ID;
use crate::domain::{examples, limits::REQUEST_ID_MAX};

/// Visible ASCII and spaces, which every header can carry.
const ASCII: &str = "^[\\x20-\\x7e]*$";

/// Name, pattern, the most characters, an example, and the description.
const HEADERS: &[(&str, &str, usize, &str, &str)] = &[
    (
        "Access-Control-Allow-Origin",
        ASCII,
        300,
        "https://app.example.com",
        "Only where origins are configured and the request is from one of them: that origin.",
    ),
    ("Cache-Control", ASCII, 100, "private, no-cache", "`no-store` where the response has tokens."),
    ("ETag", "^\"[0-9]+\"$", 22, "\"1\"", "The version, for If-Match and If-None-Match."),
    (
        "Location",
        "^/[\\x21-\\x7e]*$",
        300,
        "/users/01977f3e-5c00-7000-8000-000000000001",
        "The path of what was made.",
    ),
    (
        "RateLimit",
        ASCII,
        200,
        "\"default\";r=599;t=60",
        "How many requests are left (`r`), and the seconds until there are more (`t`). Not where \
         rate limits are off.",
    ),
    (
        "RateLimit-Policy",
        ASCII,
        200,
        "\"default\";q=600;w=60",
        "How many requests there may be (`q`) in how many seconds (`w`). Not where rate limits \
         are off.",
    ),
    ("Retry-After", "^[0-9]+$", 10, "1", "After how many seconds to try again."),
    (
        "WWW-Authenticate",
        ASCII,
        200,
        "Bearer realm=\"daybook\", error=\"invalid_token\"",
        "Which credentials are needed, and what is wrong with those of the request (RFC 6750).",
    ),
    (
        "X-Request-Id",
        REQUEST_ID,
        REQUEST_ID_MAX,
        examples::REQUEST,
        "The id of the request, its own or a generated one; it is in the service's log too.",
    ),
];

/// What every response has.
const ALWAYS: &[&str] = &[
    "Access-Control-Allow-Origin",
    "Cache-Control",
    "RateLimit",
    "RateLimit-Policy",
    "X-Request-Id",
];

/// Every header, for the document's components.
pub fn all() -> impl Iterator<Item = (String, RefOr<Header>)> {
    HEADERS.iter().map(|(name, pattern, max, example, text)| {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(*pattern))
            .max_length(Some(*max));
        let mut header = Header::new(Schema::Object(schema.build()));
        header.description = Some((*text).to_owned());
        header.example = Some((*example).into());
        ((*name).to_owned(), RefOr::T(header))
    })
}

/// Declares headers of a response, besides those that every response has.
pub fn add(response: &mut Response, names: &[&str]) {
    for name in ALWAYS.iter().chain(names) {
        let header = Ref::new(format!("#/components/headers/{name}"));
        response.headers.entry((*name).to_owned()).or_insert(RefOr::Ref(header));
    }
}

/// What an error has besides.
pub fn of_error(status: &str) -> &'static [&'static str] {
    match status {
        "401" => &["WWW-Authenticate"],
        "429" | "503" => &["Retry-After"],
        _ => &[],
    }
}
