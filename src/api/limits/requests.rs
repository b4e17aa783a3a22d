//! How many requests a minute each caller may send.
//!
//! A window begins with its first request. The counters belong to this process: a caller of several
//! replicas may send more. The limit of log-ins holds across replicas; see `log_ins`.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    num::NonZero,
};

use actix_web::{
    HttpMessage, HttpRequest,
    dev::ServiceRequest,
    http::{Method, header},
    web,
};

use super::{
    client_address::{client_address, full_address},
    fixed_window::{FixedWindow, FixedWindows},
    quota::{Quota, WINDOW_SECONDS},
};
use crate::{
    api::http::{authenticate::subject_from_cached_keys, bearer, health},
    auth::pseudonyms::Pseudonyms,
    config::network::{RateLimit, TrustedProxies},
    domain::{
        attempt::Attempt,
        clock::Clock,
        ids::{ApiClientId, UserId},
        policy::Credentials,
        timestamp::Timestamp,
    },
};

/// Counts how much each caller sends.
pub struct Limits {
    per_minute: Option<NonZero<u32>>,
    proxies: TrustedProxies,
    clock: Clock,
    windows: Windows,
    names: Pseudonyms,
    /// The buckets of log-in attempts that the database last found full, by their names.
    pub(super) full_buckets: FixedWindows<String>,
}

impl Limits {
    /// Without anything counted yet. The secret, which all replicas share, hides the addresses from
    /// readers of the database.
    pub fn new(limit: RateLimit, proxies: TrustedProxies, secret: &[u8], clock: Clock) -> Self {
        let per_minute = match limit {
            RateLimit::Off => None,
            RateLimit::PerMinute(number) => Some(number),
        };
        let (windows, full_buckets) = (Windows::default(), FixedWindows::default());
        Self { per_minute, proxies, clock, windows, names: Pseudonyms::new(secret), full_buckets }
    }

    /// The proxies whose `X-Forwarded-For` is trusted.
    pub fn proxies(&self) -> &TrustedProxies {
        &self.proxies
    }

    /// The time that windows begin and end by.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The buckets of a log-in attempt at an account; none where nothing is limited.
    pub(super) fn log_in_attempt(
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

/// Whose quota a request counts in.
#[derive(Clone, Copy)]
enum Sender {
    Account(Account),
    Address(IpAddr),
}

/// Who sent a request with a valid token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Account {
    User(UserId),
    Client(ApiClientId),
    External(u64),
}

/// The windows of all senders. Anybody may have very many addresses, so these have room of their
/// own: they never push out the counters of accounts.
#[derive(Default)]
struct Windows {
    accounts: FixedWindows<Account>,
    addresses: FixedWindows<IpAddr>,
}

impl Windows {
    fn add(&self, sender: Sender, cost: u32, now: Timestamp) -> FixedWindow {
        match sender {
            Sender::Account(account) => self.accounts.add(account, cost, WINDOW_SECONDS, now),
            Sender::Address(address) => self.addresses.add(address, cost, WINDOW_SECONDS, now),
        }
    }
}

/// Marks a request that exceeds its quota, as an extension of it.
struct QuotaExceeded;

/// Counts a request, and returns the sender's quota; none where nothing is limited.
pub fn count(request: &ServiceRequest) -> Option<Quota> {
    let limits = request.app_data::<web::Data<Limits>>()?;
    let limit = limits.per_minute?.get();
    let now = limits.now();
    let sender = sender(request, limits, now);
    let cost = u32::from(is_counted(request));
    let window = limits.windows.add(sender, cost, now);
    let exceeded = cost > 0 && window.used > limit;
    if exceeded {
        request.extensions_mut().insert(QuotaExceeded);
    }
    Some(Quota {
        policy: "default",
        limit,
        remaining: limit.saturating_sub(window.used),
        seconds_left: window.seconds_left(now),
        exceeded,
    })
}

/// The address that a request comes from, behind trusted proxies the one that they name. The
/// operator's listener trusts no proxies.
pub fn address(request: &ServiceRequest) -> Option<IpAddr> {
    let none = TrustedProxies::default();
    let limits = request.app_data::<web::Data<Limits>>();
    let proxies = limits.map_or(&none, |limits| &limits.proxies);
    let peer = Some(request.peer_addr()?);
    Some(full_address(peer, request.headers(), proxies))
}

fn sender(request: &ServiceRequest, limits: &Limits, now: Timestamp) -> Sender {
    match bearer::credentials(request.request(), now) {
        Ok(Credentials::Session(user, _)) => Sender::Account(Account::User(user)),
        Ok(Credentials::Client(_, client, ..)) => Sender::Account(Account::Client(client)),
        // A token of the identity provider counts for its subject once the keys are cached; the
        // first one makes the service fetch them. An invalid token must not get its own quota.
        _ => match subject_from_cached_keys(request.request(), now) {
            Some(subject) => Sender::Account(Account::External(hash(&subject.value))),
            None => {
                let peer = request.peer_addr();
                Sender::Address(client_address(peer, request.headers(), &limits.proxies))
            }
        },
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Whether a request counts. The operator's probes need a response whatever else comes from their
/// address; where the operator moved them, these paths are like any other. A CORS preflight has no
/// token, so it would use up the quota of its whole address.
fn is_counted(request: &ServiceRequest) -> bool {
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let path = request.path();
    let is_probe = health::PATHS.contains(&path) && request.resource_map().has_resource(path);
    !preflight && !is_probe
}

/// Whether a request exceeds its quota, as `count` found.
pub fn exceeds_quota(request: &ServiceRequest) -> bool {
    request.extensions().contains::<QuotaExceeded>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn very_many_addresses_push_out_no_counter_of_an_account() {
        let (windows, now) = (Windows::default(), Timestamp::system_now());
        let user = Sender::Account(Account::External(1));
        assert_eq!(windows.add(user, 5, now).used, 5);
        for number in 0..200_000_u32 {
            windows.add(Sender::Address(IpAddr::from(number.to_be_bytes())), 1, now);
        }
        assert_eq!(windows.add(user, 1, now).used, 6);
    }
}
