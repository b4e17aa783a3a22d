//! Requests that the service makes to others: with bounds on time and size, without redirects, and
//! over TLS with the platform's certificates, so that the company's own authority is trusted too.

use std::time::Duration;

use ureq::{
    Agent, Body,
    http::{Response, header::CONTENT_TYPE},
    tls::{RootCerts, TlsConfig, TlsProvider},
};

/// How the service introduces itself.
const USER_AGENT: &str = concat!("daybook/", env!("CARGO_PKG_VERSION"));

/// How long a connection is kept for the next request. It is shorter than servers keep them: a request
/// on a connection that is being closed fails.
const IDLE_MAX: Duration = Duration::from_secs(2);

/// A sender of requests. Clones share its connections. It blocks its thread.
#[derive(Clone, Debug)]
pub struct HttpClient {
    agent: Agent,
    response_max: u64,
}

/// A response, of any status.
#[derive(Clone, Debug)]
pub struct Received {
    /// The status code.
    pub status: u16,
    /// The media type, without parameters.
    pub media_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// Whether the status says that the request succeeded.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl HttpClient {
    /// A client that waits so long for a whole response, from the name of the host to the end of the
    /// body, and reads so many bytes of a body.
    pub fn new(timeout: Duration, response_max: u64) -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_idle_age(IDLE_MAX)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(USER_AGENT)
            .tls_config(tls)
            .build()
            .into();
        Self { agent, response_max }
    }

    /// Sends a `GET`.
    ///
    /// # Errors
    /// What went wrong, for the log, where there is no response within the bounds.
    pub fn get(&self, address: &str) -> Result<Received, String> {
        self.receive(self.agent.get(address).call())
    }

    /// Sends a `POST` with a body of plain text.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn post(&self, address: &str, text: &str) -> Result<Received, String> {
        self.receive(self.agent.post(address).send(text))
    }

    fn receive(&self, sent: Result<Response<Body>, ureq::Error>) -> Result<Received, String> {
        let mut response = sent.map_err(|error| error.to_string())?;
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let media_type =
            media_type.and_then(|it| it.split(';').next()).map(|it| it.trim().to_ascii_lowercase());
        let body = response.body_mut().with_config().limit(self.response_max).read_to_vec();
        let body = body.map_err(|error| error.to_string())?;
        Ok(Received { status: response.status().as_u16(), media_type, body })
    }
}
