//! What the document says that a request to an operation may have, checked before its handler runs.

use actix_web::{
    HttpMessage,
    dev::ServiceRequest,
    http::{Method, header},
};

use super::{
    etag::CONDITION_MAX, extract::query_pairs, headers::X_REQUEST_ID, media_range::accepts_any,
};
use crate::{
    domain::{limits::QUERY_VALUE_MAX, policy::Needs},
    error::{Code, Error, Result},
};

/// What the document says of the requests to an operation.
pub(super) struct OperationRules {
    /// The method; `GET` stands for `HEAD` too.
    pub method: Method,
    /// The names of its query parameters.
    pub query_names: Vec<String>,
    /// The media types of its successful responses.
    pub media_types: Vec<String>,
    /// What it asks of an API client.
    pub needs: Needs,
}

/// Refuses a request that the rules of its operation do not allow: an unknown or repeated query
/// parameter, a media type that the operation does not send, a condition that is too long.
pub(super) fn check(request: &ServiceRequest, rules: &[OperationRules]) -> Result<()> {
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let Some(rules) = rules.iter().find(|it| it.method == method) else { return Ok(()) };
    request.extensions_mut().insert(rules.needs);
    check_accept(request, &rules.media_types)?;
    check_header_lengths(request)?;
    check_query(request.query_string(), &rules.query_names)
}

fn check_accept(request: &ServiceRequest, media_types: &[String]) -> Result<()> {
    let lines = request.headers().get_all(header::ACCEPT);
    let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap_or_default()).collect();
    if lines.is_empty() || accepts_any(&lines.join(","), media_types) {
        return Ok(());
    }
    let text = format!("The response is {}; accept that.", media_types.join(" or "));
    Err(Error::new(Code::NotAcceptable, text))
}

fn check_header_lengths(request: &ServiceRequest) -> Result<()> {
    for name in [header::IF_MATCH, header::IF_NONE_MATCH, X_REQUEST_ID] {
        if request.headers().get_all(&name).any(|value| value.len() > CONDITION_MAX) {
            let text = format!("{name} has at most {CONDITION_MAX} characters.");
            return Err(Error::new(Code::MalformedRequest, text));
        }
    }
    Ok(())
}

fn check_query(query: &str, names: &[String]) -> Result<()> {
    if query.is_empty() {
        return Ok(());
    }
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in query_pairs(query) {
        if !names.contains(&name) {
            let text = format!("There is no query parameter {name} here.");
            return Err(Error::invalid_parameter(&name, "unknown", text));
        }
        if seen.contains(&name) {
            let text = format!("The query parameter {name} occurs more than once.");
            return Err(Error::invalid_parameter(&name, "repeated", text));
        }
        if value.contains('\0') {
            let text = format!("The query parameter {name} contains a NUL character.");
            return Err(Error::invalid_parameter(&name, "invalid", text));
        }
        if value.chars().count() > QUERY_VALUE_MAX {
            let text = format!("{name} has at most {QUERY_VALUE_MAX} characters.");
            return Err(Error::invalid_parameter(&name, "too_long", text));
        }
        seen.push(name);
    }
    Ok(())
}
