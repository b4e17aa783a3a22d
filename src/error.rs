//! The one error of the house, and the one table of codes (contract, section 3).

use std::fmt;

/// What everything that can fail answers with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// What went wrong, as clients switch on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code.
            pub const WORDS: &'static [&'static str] = &[$($code),*];
            /// Every value, in the order of the words.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in the answer's `code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The short text that is the same for every problem of this code.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    /// The request is not HTTP or JSON that can be read.
    MalformedRequest = "malformed_request", 400, "The request can't be read";
    /// A query parameter is unknown or wrong.
    InvalidParameter = "invalid_parameter", 400, "A query parameter is wrong";
    /// The cursor is not one of this list with these filters.
    InvalidCursor = "invalid_cursor", 400, "The cursor does not fit this list";
    /// No credentials.
    Unauthenticated = "unauthenticated", 401, "Authentication is needed";
    /// Credentials that are wrong, or not good any more.
    InvalidToken = "invalid_token", 401, "The credentials are not valid";
    /// The caller may not.
    Forbidden = "forbidden", 403, "Not allowed";
    /// The API client's token is not good for this.
    InsufficientScope = "insufficient_scope", 403, "The token has not the scope for this";
    /// There is no such thing, or none that the caller may know of.
    NotFound = "not_found", 404, "Not found";
    /// The path is there, the method is not.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The answer has no form that the client accepts.
    NotAcceptable = "not_acceptable", 406, "No acceptable form";
    /// The state does not allow the change.
    Conflict = "conflict", 409, "The state does not allow this";
    /// What should be made is there already.
    AlreadyExists = "already_exists", 409, "It exists already";
    /// The entry can't be changed.
    ImmutableEntry = "immutable_entry", 409, "The entry can't be changed";
    /// The first request with this key has not come to its end.
    IdempotencyInFlight = "idempotency_in_flight", 409, "The first request is still running";
    /// The resource is not the one that was read.
    PreconditionFailed = "precondition_failed", 412, "The resource has changed";
    /// The body is too large.
    PayloadTooLarge = "payload_too_large", 413, "The body is too large";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, "The media type is not supported";
    /// The body says something that can't be.
    ValidationFailed = "validation_failed", 422, "The input is not valid";
    /// The key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused", 422, "The Idempotency-Key was used before";
    /// `If-Match` is missing.
    PreconditionRequired = "precondition_required", 428, "If-Match is needed";
    /// The caller sent more than he may in this time.
    RateLimited = "rate_limited", 429, "Too many requests";
    /// Something is broken here.
    Internal = "internal_error", 500, "Something went wrong here";
    /// Too much to do, or the database is away.
    Unavailable = "unavailable", 503, "Not available right now";
}

/// Where in the request an input error is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the body: a JSON pointer (RFC 6901).
    Body(String),
    /// A query parameter: its name.
    Query(String),
}

/// One thing that is wrong with the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// Where it is.
    pub place: Place,
    /// What is wrong, as clients switch on it.
    pub code: String,
    /// What is wrong, as people read it.
    pub detail: String,
}

impl InputError {
    /// An error in the body, at a JSON pointer.
    pub fn body(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self { place: Place::Body(pointer.into()), code: code.into(), detail: detail.into() }
    }
}

/// What goes wrong: a code, a sentence for people, what is wrong with the input, and the cause,
/// which is logged and never sent.
#[derive(Clone, Debug)]
pub struct Error {
    /// The code.
    pub code: Code,
    /// One sentence on this very occurrence.
    pub detail: String,
    /// The input errors, if it is about the input.
    pub errors: Vec<InputError>,
    /// What only the log may know.
    pub cause: Option<String>,
    /// The same work, begun anew, may well succeed: nothing of it was committed.
    pub transient: bool,
    /// The scope that a token would need.
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

    /// There is no such thing, or none that the caller may know of.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is no such resource, or none that you may see.")
    }

    /// The caller may not.
    pub fn forbidden() -> Self {
        Self::new(Code::Forbidden, "You may not do this.")
    }

    /// The API client's token is not good for this: it would need a scope.
    pub fn insufficient_scope(scope: &'static str) -> Self {
        let text = format!("This needs a token with the scope {scope}.");
        Self { scope: Some(scope), ..Self::new(Code::InsufficientScope, text) }
    }

    /// The credentials are not good (any more).
    pub fn invalid_token() -> Self {
        Self::new(Code::InvalidToken, "The access token is expired, revoked or not valid.")
    }

    /// The state does not allow the change.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Code::Conflict, detail)
    }

    /// The body has things in it that can't be.
    pub fn invalid(errors: Vec<InputError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            many => format!("{} fields are not valid.", many.len()),
        };
        Self { errors, ..Self::new(Code::ValidationFailed, detail) }
    }

    /// One field of the body can't be so.
    pub fn invalid_field(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![InputError::body(pointer, code, detail)])
    }

    /// The id in the body is of nothing that there is.
    pub fn unknown_reference(pointer: &str, what: &str) -> Self {
        Self::invalid_field(pointer, "unknown", format!("There is no such {what}."))
    }

    /// The same error, where what was not found was named in the body.
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
        let place = Place::Query(name.to_owned());
        let errors = vec![InputError { place, code: code.to_owned(), detail: detail.clone() }];
        Self { errors, ..Self::new(Code::InvalidParameter, detail) }
    }

    /// The caller sent more than he may in this time.
    pub fn rate_limited() -> Self {
        Self::new(Code::RateLimited, "Too many requests. Try again after Retry-After seconds.")
    }

    /// Something is broken here; the log says what.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let detail = "The cause is in the service's log, under this request_id.";
        Self { cause: Some(cause.to_string()), ..Self::new(Code::Internal, detail) }
    }

    /// Too much to do, or the database is away.
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
