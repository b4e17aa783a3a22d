//! How a body arrives: by a deadline, within its size, and within the memory for all bodies.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpMessage, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::header,
    rt::time::timeout,
    web::{self, Bytes, BytesMut},
};
use futures_util::StreamExt;

use crate::{
    api::{
        limits::{
            client_address::client_address,
            memory::{Memory, MemoryShare},
        },
        session::oauth_error::TOKEN_PATH,
    },
    config::network::TrustedProxies,
    error::{Code, Error, Result},
};

/// The largest body that is read, in bytes.
pub const BODY_MAX: usize = 1024 * 1024;

/// The largest body of a log-in or a token request, in bytes.
pub const CREDENTIALS_BODY_MAX: usize = 8 * 1024;

/// What bodies may take.
#[derive(Clone, Copy, Debug)]
pub struct BodyRules {
    /// How long the first byte may take, after the head.
    pub start: Duration,
    /// How many bytes a second come after that time, on average.
    pub rate: u32,
    /// How long the whole body may take, after the head.
    pub whole: Duration,
    /// The memory for the bodies that are being read, in bytes. Small ones don't count.
    pub memory: usize,
}

impl Default for BodyRules {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(5),
            rate: 1024,
            whole: Duration::from_secs(30),
            memory: 32 * 1024 * 1024,
        }
    }
}

impl BodyRules {
    /// How long the next byte may take, after the head.
    fn patience(&self, received: usize) -> Duration {
        let millis = received as u64 * 1000 / u64::from(self.rate.max(1));
        self.start.saturating_add(Duration::from_millis(millis)).min(self.whole)
    }
}

/// The bodies that are being read.
pub struct Bodies {
    rules: BodyRules,
    proxies: TrustedProxies,
    memory: Arc<Memory>,
}

impl Bodies {
    /// None yet.
    pub fn new(rules: BodyRules, proxies: TrustedProxies) -> Arc<Self> {
        Arc::new(Self { rules, proxies, memory: Memory::new(rules.memory, "body") })
    }
}

/// Takes memory for a body that has grown to `bytes`. Small ones don't count.
fn grow(memory: &mut MemoryShare, bytes: usize) -> Result<()> {
    if bytes <= CREDENTIALS_BODY_MAX { Ok(()) } else { memory.grow(bytes) }
}

/// Marks a request whose body was read to its end, as an extension of it.
struct BodyRead;

/// Whether a part of the body may still be to come.
pub fn is_unread(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    has_body && !request.extensions().contains::<BodyRead>()
}

/// Reads a whole body, and does something with it.
///
/// # Errors
/// `request_timeout`, `payload_too_large`, `malformed_request`; `unavailable` where there is no
/// memory; those of `work`.
pub async fn read_body<T>(
    request: &HttpRequest,
    mut payload: Payload,
    work: impl FnOnce(&Bytes) -> Result<T>,
) -> Result<T> {
    let bodies = request.app_data::<web::Data<Bodies>>().cloned();
    let bodies = bodies.ok_or_else(|| Error::internal("no bodies in the app"))?.into_inner();
    let (rules, max) = (bodies.rules, body_max(request.match_pattern().as_deref()));
    if declared_length(request).is_some_and(|length| length > max) {
        return Err(too_large(max));
    }
    let begun = Instant::now();
    let address = client_address(request.peer_addr(), request.headers(), &bodies.proxies);
    let mut memory = MemoryShare::new(Arc::clone(&bodies.memory), address);
    let mut first = Bytes::new();
    let mut body = BytesMut::new();
    loop {
        let received = first.len() + body.len();
        let rest = rules.patience(received).saturating_sub(begun.elapsed());
        let chunk = match timeout(rest, payload.next()).await {
            Err(_) => return Err(too_slow()),
            Ok(None) => break,
            Ok(Some(chunk)) => chunk.map_err(|error| unreadable(&error, max))?,
        };
        if received + chunk.len() > max {
            return Err(too_large(max));
        }
        // Most bodies are one chunk, which need not be copied.
        if received == 0 {
            first = chunk;
            grow(&mut memory, first.len())?;
            continue;
        }
        if body.is_empty() {
            body.extend_from_slice(&first);
            first = Bytes::new();
        }
        body.extend_from_slice(&chunk);
        grow(&mut memory, body.len())?;
    }
    request.extensions_mut().insert(BodyRead);
    let whole = if body.is_empty() { first } else { body.freeze() };
    work(&whole)
}

/// The largest body of a resource, by the pattern of its path: a path has many spellings, by
/// percent-encoding.
fn body_max(pattern: Option<&str>) -> usize {
    match pattern {
        Some(pattern) if pattern.starts_with("/auth/") || pattern == TOKEN_PATH => {
            CREDENTIALS_BODY_MAX
        }
        _ => BODY_MAX,
    }
}

fn declared_length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_slow() -> Error {
    Error::new(Code::RequestTimeout, "The body did not come in time. Send the request again.")
}

fn too_large(max: usize) -> Error {
    Error::new(Code::PayloadTooLarge, format!("The body has at most {max} bytes."))
}

fn unreadable(error: &PayloadError, max: usize) -> Error {
    match error {
        PayloadError::Overflow => too_large(max),
        _ => Error::new(Code::MalformedRequest, "The body can't be read to its end."),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn a_body_has_a_start_a_rate_and_an_end() {
        let rules = BodyRules::default();
        let seconds = |received| rules.patience(received).as_secs();
        assert_eq!([seconds(0), seconds(1024), seconds(10 * 1024)], [5, 6, 15]);
        assert_eq!(seconds(BODY_MAX), 30);
    }

    #[test]
    fn an_address_takes_a_quarter_of_the_memory_and_gives_it_back() {
        let rules = BodyRules { memory: 400_000, ..BodyRules::default() };
        let bodies = Bodies::new(rules, TrustedProxies::default());
        let memory = |last: u8| {
            let address = IpAddr::from([192, 0, 2, last]);
            MemoryShare::new(Arc::clone(&bodies.memory), address)
        };
        let mut one = memory(1);
        grow(&mut one, 100_000).unwrap();
        assert!(grow(&mut memory(1), CREDENTIALS_BODY_MAX + 1).is_err());
        grow(&mut memory(1), CREDENTIALS_BODY_MAX).unwrap();
        grow(&mut memory(2), 100_000).unwrap();
        drop(one);
        grow(&mut memory(1), 100_000).unwrap();
        assert_eq!(bodies.memory.in_use(), 0);
        // Many addresses take no more than the whole together.
        let mut all: Vec<MemoryShare> = (1..=4).map(memory).collect();
        all.iter_mut().for_each(|it| grow(it, 100_000).unwrap());
        assert!(grow(&mut memory(5), CREDENTIALS_BODY_MAX + 1).is_err());
        grow(&mut memory(5), CREDENTIALS_BODY_MAX).unwrap();
    }
}
