//! How many requests a minute each caller may send, and the headers that tell him
//! (draft-ietf-httpapi-ratelimit-headers-10).
//!
//! A window begins with the first request in it, and takes so many: what the headers say is then
//! exact, and so is what an operator has set. The counters are this process's own. With replicas
//! behind a load balancer a caller may send more, by as many as there are; what must hold across
//! them, the limit of log-ins, is in the database: see [`crate::api::limits::log_ins`].

use std::{
    fmt::{self, Write},
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    num::NonZero,
};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    dev::ServiceRequest,
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    web,
};

use super::{client_address::client_address, fixed_window::Windows};
use crate::{
    api::http::{authenticate, bearer},
    auth::pseudonyms::Pseudonyms,
    config::{RateLimit, TrustedProxies},
    domain::{
        attempt::Attempt,
        clock::Clock,
        ids::{ApiClientId, UserId},
        policy::Credentials,
        timestamp::Timestamp,
    },
};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Seconds of a window.
const MINUTE: i64 = 60;

/// Who sent how much lately.
pub struct Limits {
    per_minute: Option<NonZero<u32>>,
    proxies: TrustedProxies,
    clock: Clock,
    callers: Windows<Sender>,
    names: Pseudonyms,
    /// Buckets of attempts that are known to be full, by their names.
    pub(super) full: Windows<String>,
}

impl Limits {
    /// With nothing counted yet. The secret keeps addresses unknown to whoever reads the database;
    /// it is the same for all replicas.
    pub fn new(limit: RateLimit, proxies: TrustedProxies, secret: &[u8], clock: Clock) -> Self {
        let per_minute = match limit {
            RateLimit::Off => None,
            RateLimit::PerMinute(number) => Some(number),
        };
        let (callers, full) = (Windows::default(), Windows::default());
        Self { per_minute, proxies, clock, callers, names: Pseudonyms::new(secret), full }
    }

    /// The time that windows begin and end by.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The names of an attempt at an account; none where nothing is limited.
    pub(super) fn attempt(
        &self,
        request: &HttpRequest,
        kind: &str,
        account: &str,
    ) -> Option<Attempt> {
        self.per_minute?;
        let peer = request.peer_addr();
        let address = client_address(peer, request.headers(), &self.proxies).to_string();
        Some(Attempt {
            address: self.names.name(&["address", &address]),
            account: self.names.name(&[kind, account]),
            place: self.names.name(&[kind, account, &address]),
        })
    }
}

/// Whose quota a request is counted in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Sender {
    User(UserId),
    Client(ApiClientId),
    External(u64),
    Address(IpAddr),
}

/// How a caller stands with a policy.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The policy's name.
    pub policy: &'static str,
    /// Requests of a window.
    pub quota: u32,
    /// How many of them are left.
    pub remaining: u32,
    /// Seconds until a new window begins.
    pub seconds: i64,
    /// Whether the request was one too many.
    pub refused: bool,
}

/// The request is one too many: whoever would answer it should not.
struct Refused;

/// The standing of an attempt to log in, left with its request.
pub(super) struct OfAttempt(pub Standing);

/// Counts a request; nothing where nothing is limited.
pub fn count(request: &ServiceRequest) -> Option<Standing> {
    let limits = request.app_data::<web::Data<Limits>>()?;
    let quota = limits.per_minute?.get();
    let now = limits.now();
    let sender = match bearer::credentials(request.request(), now) {
        Ok(Credentials::Session(user, _)) => Sender::User(user),
        Ok(Credentials::Client(_, client, ..)) => Sender::Client(client),
        // A token of the identity provider, if its keys are known: the first one is what fetches
        // them. A token that is not valid proves nothing: it must not buy a quota of its own.
        _ => match authenticate::known_subject(request.request(), now) {
            Some(subject) => Sender::External(hashed(&subject.value)),
            None => {
                let peer = request.peer_addr();
                Sender::Address(client_address(peer, request.headers(), &limits.proxies))
            }
        },
    };
    let cost = u32::from(costs(request));
    let window = limits.callers.take(sender, cost, MINUTE, now);
    let refused = cost > 0 && window.used > quota;
    if refused {
        request.extensions_mut().insert(Refused);
    }
    Some(Standing {
        policy: "default",
        quota,
        remaining: quota.saturating_sub(window.used),
        seconds: window.seconds_left(now),
        refused,
    })
}

fn hashed(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Whether a request counts. The operator's machines must get an answer whatever else comes from
/// their address; and a browser asks before it sends, without a token, which would use up the
/// quota of everybody behind the same address.
fn costs(request: &ServiceRequest) -> bool {
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let path = request.path();
    !preflight && !path.starts_with("/health/") && path != "/metrics"
}

/// Whether a request was found to be one too many.
pub fn is_refused(request: &ServiceRequest) -> bool {
    request.extensions().contains::<Refused>()
}

/// Tells the caller how he stands: with every policy that the request was held against, or, where
/// it was one too many, with the one that it was too many for.
pub fn add_headers(response: &mut HttpResponse, request: Option<&HttpRequest>, general: Standing) {
    let of_attempt =
        request.and_then(|request| request.extensions().get::<OfAttempt>().map(|it| it.0));
    let standings = match of_attempt {
        Some(it) if it.refused => vec![it],
        Some(it) => vec![general, it],
        None => vec![general],
    };
    let policy =
        list(&standings, |text, it| write!(text, "\"{}\";q={};w={MINUTE}", it.policy, it.quota));
    let state = list(&standings, |text, it| {
        write!(text, "\"{}\";r={};t={}", it.policy, it.remaining, it.seconds)
    });
    let refused = standings.iter().find(|it| it.refused).map(|it| it.seconds);
    let headers = response.headers_mut();
    if let (Some(policy), Some(state)) = (policy, state) {
        headers.insert(RATE_LIMIT_POLICY, policy);
        headers.insert(RATE_LIMIT, state);
    }
    if let Some(seconds) = refused {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// A list (RFC 9651) of an item for each policy. Every answer has two: they are written in place.
fn list(
    standings: &[Standing],
    item: impl Fn(&mut String, &Standing) -> fmt::Result,
) -> Option<HeaderValue> {
    let mut text = String::with_capacity(64);
    for (number, standing) in standings.iter().enumerate() {
        if number > 0 {
            text.push_str(", ");
        }
        item(&mut text, standing).ok()?;
    }
    HeaderValue::try_from(text).ok()
}
