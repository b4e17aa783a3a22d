//! The one error type of the service, and the table of its codes.

use std::fmt;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// What went wrong, for clients to switch on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code.
            pub const WORDS: &'static [&'static str] = &[$($code),*];
            /// Every value, in the order of the words.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in the `code` of a problem.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The short text of every problem with this code.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    /// The request is not readable HTTP or JSON.
    MalformedRequest = "malformed_request", 400, "The request can't be read";
    /// A query parameter is unknown or wrong.
    InvalidParameter = "invalid_parameter", 400, "A query parameter is wrong";
    /// The cursor does not belong to this list with these filters.
    InvalidCursor = "invalid_cursor", 400, "The cursor does not fit this list";
    /// No credentials.
    Unauthenticated = "unauthenticated", 401, "Authentication is required";
    /// Wrong, expired or revoked credentials.
    InvalidToken = "invalid_token", 401, "The credentials are not valid";
    /// The caller may not do this.
    Forbidden = "forbidden", 403, "Not allowed";
    /// The API client's token lacks the scope for this.
    InsufficientScope = "insufficient_scope", 403, "The token lacks a required scope";
    /// The resource does not exist, or the caller may not see it.
    NotFound = "not_found", 404, "Not found";
    /// The path does not have the method.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The client accepts no media type of the response.
    NotAcceptable = "not_acceptable", 406, "No acceptable media type";
    /// The body did not come in time.
    RequestTimeout = "request_timeout", 408, "The body did not come in time";
    /// The state does not allow the change.
    Conflict = "conflict", 409, "The state does not allow this";
    /// What should be created exists already.
    AlreadyExists = "already_exists", 409, "It already exists";
    /// The entry can't be changed.
    ImmutableEntry = "immutable_entry", 409, "The entry can't be changed";
    /// The first request with this key is still running.
    IdempotencyInFlight = "idempotency_in_flight", 409, "The first request is still running";
    /// The resource has changed since the client read it.
    PreconditionFailed = "precondition_failed", 412, "The resource has changed";
    /// The body is too large.
    PayloadTooLarge = "payload_too_large", 413, "The body is too large";
    /// The media type of the body is not supported.
    UnsupportedMediaType = "unsupported_media_type", 415, "The media type is not supported";
    /// The body contains something that is not valid.
    ValidationFailed = "validation_failed", 422, "The input is not valid";
    /// The key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused", 422, "The Idempotency-Key was already used";
    /// `If-Match` is missing.
    PreconditionRequired = "precondition_required", 428, "If-Match is required";
    /// The caller has exceeded a quota.
    RateLimited = "rate_limited", 429, "Too many requests";
    /// The service failed.
    Internal = "internal_error", 500, "The service failed";
    /// The service is overloaded, or the database can't be reached.
    Unavailable = "unavailable", 503, "Temporarily unavailable";
}

/// The location of an input error in the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputLocation {
    /// In the body: a JSON pointer (RFC 6901).
    Body(String),
    /// A query parameter: its name.
    Query(String),
}

/// One error in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// Its location.
    pub location: InputLocation,
    /// What is wrong, for clients to switch on.
    pub code: String,
    /// What is wrong, for people to read.
    pub detail: String,
}

impl InputError {
    /// An error in the body, at a JSON pointer.
    pub fn body(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self {
            location: InputLocation::Body(pointer.into()),
            code: code.into(),
            detail: detail.into(),
        }
    }
}

/// An error: a code, a sentence for people, the errors in the input, and the cause, which is logged
/// and never sent.
#[derive(Clone, Debug)]
pub struct Error {
    /// The code.
    pub code: Code,
    /// One sentence on this occurrence.
    pub detail: String,
    /// The errors in the input.
    pub errors: Vec<InputError>,
    /// The cause, only for the log.
    pub cause: Option<String>,
    /// Whether the same work may succeed when it is tried again: nothing of it was committed.
    pub transient: bool,
    /// The scope that the token lacks.
    pub scope: Option<&'static str>,
}

impl Error {
    /// An error of a code, with a sentence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            cause: None,
            transient: false,
            scope: None,
        }
    }

    /// The resource does not exist, or the caller may not see it.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "The resource does not exist, or you may not see it.")
    }

    /// The caller may not do this.
    pub fn forbidden() -> Self {
        Self::new(Code::Forbidden, "You may not do this.")
    }

    /// The API client's token lacks a scope.
    pub fn insufficient_scope(scope: &'static str) -> Self {
        let text = format!("This requires a token with the scope {scope}.");
        Self { scope: Some(scope), ..Self::new(Code::InsufficientScope, text) }
    }

    /// The credentials are wrong, expired or revoked.
    pub fn invalid_token() -> Self {
        Self::new(Code::InvalidToken, "The access token is expired, revoked or not valid.")
    }

    /// The state does not allow the change.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Code::Conflict, detail)
    }

    /// The body has errors.
    pub fn invalid(errors: Vec<InputError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            many => format!("{} fields are not valid.", many.len()),
        };
        Self { errors, ..Self::new(Code::ValidationFailed, detail) }
    }

    /// One field of the body has an error.
    pub fn invalid_field(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![InputError::body(pointer, code, detail)])
    }

    /// An id in the body belongs to nothing that exists.
    pub fn unknown_reference(pointer: &str, what: &str) -> Self {
        Self::invalid_field(pointer, "unknown", format!("There is no such {what}."))
    }

    /// The same error, for a resource that was named in the body.
    #[must_use]
    pub fn in_body(self, pointer: &str, what: &str) -> Self {
        match self.code {
            Code::NotFound => Self::unknown_reference(pointer, what),
            _ => self,
        }
    }

    /// A query parameter is wrong.
    pub fn invalid_parameter(name: &str, code: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let location = InputLocation::Query(name.to_owned());
        let errors = vec![InputError { location, code: code.to_owned(), detail: detail.clone() }];
        Self { errors, ..Self::new(Code::InvalidParameter, detail) }
    }

    /// The caller has exceeded a quota.
    pub fn rate_limited() -> Self {
        Self::new(Code::RateLimited, "Too many requests. Try again after Retry-After seconds.")
    }

    /// The caller has too many large reads running or waiting.
    pub fn too_many_reads() -> Self {
        let detail =
            "Too many of your large reads are running. Try again after Retry-After seconds.";
        Self::new(Code::RateLimited, detail)
    }

    /// The service failed; the log has the cause.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let detail = "The cause is in the service's log, under this request_id.";
        Self { cause: Some(cause.to_string()), ..Self::new(Code::Internal, detail) }
    }

    /// The service is overloaded, or the database can't be reached.
    pub fn unavailable(cause: impl fmt::Display) -> Self {
        let detail = "The service can't take the request right now. Try again shortly.";
        Self { cause: Some(cause.to_string()), ..Self::new(Code::Unavailable, detail) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)?;
        self.errors.iter().try_for_each(|error| write!(f, " [{}]", error.detail))?;
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, " ({cause})"))
    }
}

impl std::error::Error for Error {}
