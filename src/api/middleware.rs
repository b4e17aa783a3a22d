//! What every request passes: its id, log line, counters and quota, and the form of its errors.

use std::{borrow::Cow, panic::AssertUnwindSafe, time::Instant};

use actix_web::{
    HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        ConnectionType,
        header::{self, HeaderValue},
    },
    middleware::Next,
    web,
};
use futures_util::FutureExt;

use super::{
    http::{
        arrival, headers::X_REQUEST_ID, logged_caller::LoggedCaller, metrics::Metrics,
        paced_body::pace, problem,
    },
    limits::{
        connections::{Admission, Connection},
        quota, requests,
    },
    session::oauth_error,
};
use crate::{
    domain::limits::REQUEST_ID_MAX,
    error::{Code, Error},
};

/// The most characters of a method or a path in a line of the log.
const LOGGED_MAX: usize = 200;

/// Wraps the whole service.
///
/// # Errors
/// Only as a complete response.
pub async fn outer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let begun = Instant::now();
    let request_id = request_id(&request);
    let method = request.method().clone();
    let path = request.path().to_owned();
    let metrics = request.app_data::<web::Data<Metrics>>().cloned();
    let quota = requests::count(&request);
    let caller = LoggedCaller::new(&request, requests::address(&request));
    let is_refused = is_refused(&request);
    let (request, response) = match next.call(request).await {
        Ok(response) => {
            let (request, response) = response.map_into_boxed_body().into_parts();
            let response = pace(&request, response).unwrap_or_else(HttpResponse::from_error);
            (Some(request), response)
        }
        Err(error) => (None, error_response(error)),
    };
    let pattern = request.as_ref().and_then(|request| request.match_pattern());
    // A path has many spellings, by percent-encoding; its pattern has one.
    let is_token_request = pattern.as_deref().unwrap_or(&path) == oauth_error::TOKEN_PATH;
    let mut response = as_problem(response, &path, &request_id, is_token_request);
    // Nobody waits for the rest of a body that nobody reads.
    if is_refused || request.as_ref().is_none_or(arrival::is_unread) {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    add_headers(&mut response, &request_id);
    if let Some(quota) = quota {
        quota::add_headers(&mut response, request.as_ref(), quota);
    }

    let status = response.status().as_u16();
    if let Some(metrics) = metrics {
        let pattern = pattern.as_deref().unwrap_or("unknown");
        metrics.observe(method.as_str(), pattern, status, begun.elapsed());
    }
    let millis = begun.elapsed().as_secs_f64() * 1000.0;
    let (method, path) = (shortened(method.as_str()), shortened(&path));
    log::info!("{method} {path} {status} {millis:.1}ms {caller} request_id={request_id}");
    match request {
        Some(request) => Ok(ServiceResponse::new(request, response)),
        // The request is lost with the error; actix sends the response of the error.
        None => Err(InternalError::from_response("", response).into()),
    }
}

/// A method or a path for the log: long ones do not fill the log.
fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LOGGED_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Wraps the handlers, inside of CORS, so that a page can read why its request failed.
///
/// # Errors
/// `internal_error` where a handler panicked.
pub async fn inner(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if is_refused(&request) {
        let error = Error::unavailable("there are too many connections");
        return Ok(request.error_response(error));
    }
    if requests::exceeds_quota(&request) {
        return Ok(request.error_response(Error::rate_limited()));
    }
    let response = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    response.unwrap_or_else(|_| Err(Error::internal("a handler panicked").into()))
}

/// Whether there are too many connections for this one to be served.
fn is_refused(request: &ServiceRequest) -> bool {
    let connection = request.request().conn_data::<Connection>();
    connection.is_some_and(|it| it.admission != Admission::Served)
}

/// The response to an error, with the headers that inner middleware added. Of actix's two forms, one
/// has those headers, and the other knows its error.
fn error_response(error: actix_web::Error) -> HttpResponse {
    let on_its_way = error.error_response();
    let mut response = HttpResponse::from_error(error);
    for (name, value) in on_its_way.headers() {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response
}

fn add_headers(response: &mut HttpResponse, request_id: &str) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(X_REQUEST_ID, value);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        let value = HeaderValue::from_static("private, no-cache");
        headers.insert(header::CACHE_CONTROL, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The id that the client sent, if it fits into a header and a log line; or a new one.
fn request_id(request: &ServiceRequest) -> String {
    let given = request.headers().get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
    let fits = |id: &&str| {
        (1..=REQUEST_ID_MAX).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
    };
    given.filter(fits).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

/// Turns every error into a problem, or into the form of RFC 6749 for a token request, and logs the
/// cause, which is never sent.
fn as_problem(
    response: HttpResponse,
    path: &str,
    request_id: &str,
    is_token_request: bool,
) -> HttpResponse {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    // The errors of RFC 6749 have their form already.
    if is_token_request && is_json(&response) {
        return oauth_error::with_challenge(response);
    }
    let form = |error: &Error| match is_token_request {
        true => oauth_error::response(error),
        false => problem::response(error, path, request_id),
    };
    let own = response.error().and_then(|error| error.as_error::<Error>());
    let mut problem = match own {
        Some(error) => {
            if let Some(cause) = &error.cause {
                let level = match error.code {
                    Code::Internal => log::Level::Error,
                    _ => log::Level::Warn,
                };
                log::log!(level, "{}: {cause} request_id={request_id}", error.code.as_str());
            }
            form(error)
        }
        None => {
            let error = problem::from_status(status);
            if error.status_code().is_server_error() {
                log::error!("{:?} request_id={request_id}", response.error());
            }
            form(&error)
        }
    };
    // Other headers of the first response stay: Allow, WWW-Authenticate.
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            problem.headers_mut().insert(name.clone(), value.clone());
        }
    }
    problem
}

fn is_json(response: &HttpResponse) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|it| it == "application/json")
}
