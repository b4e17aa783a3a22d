//! How much of a quota a caller has left, and the headers that say so
//! (draft-ietf-httpapi-ratelimit-headers-10).

use std::fmt::{self, Write};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header::{self, HeaderName, HeaderValue},
};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The length of every window, in seconds.
pub(super) const WINDOW_SECONDS: i64 = 60;

/// A quota, and what a caller has left of it.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// The name of the policy.
    pub policy: &'static str,
    /// The most requests of a window.
    pub limit: u32,
    /// How many requests are left.
    pub remaining: u32,
    /// Seconds until the window ends.
    pub seconds_left: i64,
    /// Whether the request exceeds the quota.
    pub exceeded: bool,
}

/// The quota of log-ins, as an extension of the request that is one.
pub(super) struct LogInQuota(pub Quota);

/// Adds the headers: for every quota that the request counts in, or only for the one it exceeds.
pub fn add_headers(response: &mut HttpResponse, request: Option<&HttpRequest>, general: Quota) {
    let log_in =
        request.and_then(|request| request.extensions().get::<LogInQuota>().map(|it| it.0));
    let quotas = match log_in {
        Some(it) if it.exceeded => vec![it],
        Some(it) => vec![general, it],
        None => vec![general],
    };
    let policy = list(&quotas, |text, it| {
        write!(text, "\"{}\";q={};w={WINDOW_SECONDS}", it.policy, it.limit)
    });
    let state = list(&quotas, |text, it| {
        write!(text, "\"{}\";r={};t={}", it.policy, it.remaining, it.seconds_left)
    });
    let exceeded = quotas.iter().find(|it| it.exceeded).map(|it| it.seconds_left);
    let headers = response.headers_mut();
    if let (Some(policy), Some(state)) = (policy, state) {
        headers.insert(RATE_LIMIT_POLICY, policy);
        headers.insert(RATE_LIMIT, state);
    }
    if let Some(seconds) = exceeded {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// A list (RFC 9651) with an item for each quota. Every response has two such lists, so they are
/// written in place.
fn list(
    quotas: &[Quota],
    item: impl Fn(&mut String, &Quota) -> fmt::Result,
) -> Option<HeaderValue> {
    let mut text = String::with_capacity(64);
    for (number, quota) in quotas.iter().enumerate() {
        if number > 0 {
            text.push_str(", ");
        }
        item(&mut text, quota).ok()?;
    }
    HeaderValue::try_from(text).ok()
}
