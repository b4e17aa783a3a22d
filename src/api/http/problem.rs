//! Problem details (RFC 9457): the form of every error.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use utoipa::{
    ToSchema,
    openapi::{Object, ObjectBuilder, Type},
};

use crate::{
    domain::limits::{PROBLEM_INSTANCE_MAX, PROBLEM_TEXT_MAX},
    error::{Code, Error, InputError, InputLocation},
};

/// The media type of problems.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong (RFC 9457). Switch on `code`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "type": "urn:daybook:problem:validation_failed",
    "title": "The input is not valid",
    "status": 422,
    "detail": "A note has 1 to 10,000 characters.",
    "instance": "/users/01977f3e-5c00-7000-8000-000000000001/activity",
    "code": "validation_failed",
    "request_id": "01977f3e-5c00-7000-8000-0000000000aa",
    "errors": [{"pointer": "/notes", "code": "too_long", "detail": "A note has 1 to 10,000 characters."}]
}))]
pub struct Problem {
    /// A URI that identifies the code.
    #[serde(rename = "type")]
    #[schema(format = "uri", max_length = 100)]
    problem_type: String,
    /// The same short text for every problem of this code.
    #[schema(format = "name")]
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong with this request.
    #[schema(format = "detail")]
    detail: String,
    /// The path of the request.
    #[schema(format = "uri-reference", max_length = 2000)]
    instance: String,
    /// What went wrong, to switch on.
    #[schema(schema_with = code_schema)]
    code: &'static str,
    /// The `X-Request-Id` of the response: quote it when you ask the operator.
    #[schema(format = "request-id")]
    request_id: String,
    /// The errors in the input, field by field. Only where the input is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemField>,
}

/// Lists the codes that there are.
fn code_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("What went wrong, to switch on."))
        .enum_values(Some(Code::WORDS.iter().copied()))
        .build()
}

/// One error in the input: in the body (`pointer`) or the query (`parameter`).
#[derive(Serialize, ToSchema)]
pub struct ProblemField {
    /// Where in the body: a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "detail")]
    pointer: Option<String>,
    /// Which query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "detail")]
    parameter: Option<String>,
    /// What is wrong, to switch on.
    #[schema(format = "code")]
    code: String,
    /// What is wrong, to read.
    #[schema(format = "detail")]
    detail: String,
}

impl From<&InputError> for ProblemField {
    fn from(error: &InputError) -> Self {
        let (pointer, parameter) = match &error.location {
            InputLocation::Body(pointer) => (Some(short(pointer)), None),
            InputLocation::Query(name) => (None, Some(short(name))),
        };
        Self { pointer, parameter, code: error.code.clone(), detail: short(&error.detail) }
    }
}

/// The response to a request with an error.
pub fn response(error: &Error, path: &str, request_id: &str) -> HttpResponse {
    let problem = Problem {
        problem_type: format!("urn:daybook:problem:{}", error.code.as_str()),
        title: error.code.title(),
        status: error.code.status(),
        detail: short(&error.detail),
        instance: uri_reference(path),
        code: error.code.as_str(),
        request_id: request_id.to_owned(),
        errors: error.errors.iter().map(Into::into).collect(),
    };
    let mut response = HttpResponse::build(error.status_code());
    response.content_type(PROBLEM_JSON);
    match error.code {
        // RFC 6750, section 3: without credentials there is no error code.
        Code::Unauthenticated => {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"daybook\""));
        }
        Code::InvalidToken => {
            response.insert_header(challenge("invalid_token", &error.detail, ""));
        }
        Code::InsufficientScope => {
            let scope = format!(", scope=\"{}\"", error.scope.unwrap_or_default());
            response.insert_header(challenge("insufficient_scope", &error.detail, &scope));
        }
        // For a quota, its own time replaces this one.
        Code::Unavailable | Code::RateLimited => {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        _ => {}
    }
    response.body(serde_json::to_vec(&problem).unwrap_or_default())
}

/// The challenge to a token (RFC 6750, section 3). Details have neither quotes nor backslashes.
fn challenge(error: &str, detail: &str, more: &str) -> (header::HeaderName, String) {
    let text = format!(
        "Bearer realm=\"daybook\", error=\"{error}\", error_description=\"{detail}\"{more}"
    );
    (header::WWW_AUTHENTICATE, text)
}

/// A text of a problem, cut if it is very long, and without the NUL that a client may have sent.
fn short(text: &str) -> String {
    let text = text.replace('\0', "\u{fffd}");
    match text.char_indices().nth(PROBLEM_TEXT_MAX) {
        Some(_) => text.chars().take(PROBLEM_TEXT_MAX - 1).chain(['…']).collect(),
        None => text,
    }
}

/// A path as a URI reference (RFC 3986): requests may have other characters in it.
fn uri_reference(path: &str) -> String {
    let bytes = path.as_bytes();
    let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let mut text = String::with_capacity(path.len());
    for (at, byte) in bytes.iter().enumerate() {
        // There must be room for one more character, which may take three.
        if text.len() + 3 > PROBLEM_INSTANCE_MAX {
            break;
        }
        let fits = match byte {
            b'%' => hex(at + 1) && hex(at + 2),
            byte => byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(byte),
        };
        if fits { text.push(char::from(*byte)) } else { text.push_str(&format!("%{byte:02X}")) }
    }
    // The text may end within an escape.
    if let Some(at) = text.rfind('%').filter(|at| text.len() - at < 3) {
        text.truncate(at);
    }
    text
}

/// The error for a status of actix itself.
pub fn from_status(status: StatusCode) -> Error {
    let code = match status {
        StatusCode::NOT_FOUND => return Error::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::NOT_ACCEPTABLE => Code::NotAcceptable,
        StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
        StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        StatusCode::SERVICE_UNAVAILABLE => return Error::unavailable("actix"),
        it if it.is_client_error() => Code::MalformedRequest,
        it => return Error::internal(format!("actix answered {it}")),
    };
    Error::new(code, code.title())
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A bare response: the middleware, which knows the request, turns it into a problem.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
