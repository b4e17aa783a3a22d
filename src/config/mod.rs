//! The settings: flags and environment variables, as one typed value.

use std::{fmt, net::SocketAddr, num::NonZero};

use clap::Args;

pub mod database_url;
pub mod network;
pub mod oidc;
pub mod session;
pub mod witness;

use database_url::DatabaseUrl;
use network::{Origins, RateLimit, TrustedProxies};
use oidc::{IssuerUrl, OidcUser, Provider};
use session::SessionDays;

/// The fewest bytes of the secret that signs tokens: the size of its hash (RFC 7518, section 3.2).
pub const SECRET_MIN: usize = 32;

/// The settings of the service. Each is a flag and an environment variable.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// The database: sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "sqlite://data/daybook.db",
        hide_env_values = true,
        global = true
    )]
    pub database_url: DatabaseUrl,

    /// A read replica of it, for lists and exports: postgres://… The same for all replicas of the
    /// service, if any has one
    #[arg(long, env = "DAYBOOK_READ_DATABASE_URL", hide_env_values = true, global = true)]
    pub read_database_url: Option<DatabaseUrl>,

    /// Address and port to listen on; port 0 picks a free one
    #[arg(long, env = "DAYBOOK_LISTEN", default_value = "127.0.0.1:8080", global = true)]
    pub listen: SocketAddr,

    /// Address and port for /health/live, /health/ready and /metrics alone, which the other address
    /// then does not answer [default: none]
    #[arg(long, env = "DAYBOOK_OPERATOR_LISTEN", global = true)]
    pub operator_listen: Option<SocketAddr>,

    /// E-mail of the administrator that the first start creates in an empty database
    #[arg(long, env = "DAYBOOK_ADMIN_EMAIL", requires = "admin_password", global = true)]
    pub admin_email: Option<String>,

    /// Their password, 12 to 128 characters; better set by the environment
    #[arg(long, env = "DAYBOOK_ADMIN_PASSWORD", hide_env_values = true, global = true)]
    pub admin_password: Option<Secret>,

    /// Signs access tokens, at least 32 bytes. On SQLite the first start creates one beside the
    /// database; on PostgreSQL it is required, and the same for all replicas
    #[arg(long, env = "DAYBOOK_JWT_SECRET", hide_env_values = true, global = true)]
    pub jwt_secret: Option<Secret>,

    /// The secret before it: tokens that it signed stay valid until they expire, so that a change
    /// of the secret logs nobody out
    #[arg(long, env = "DAYBOOK_JWT_PREVIOUS_SECRET", hide_env_values = true, global = true)]
    pub jwt_previous_secret: Option<Secret>,

    /// The key that signs the checkpoints of the ledger, as `daybook ledger-key new ORIGIN` prints it.
    /// On SQLite the first start creates one beside the database; on PostgreSQL it is required, and
    /// the same for all replicas
    #[arg(long, env = "DAYBOOK_LEDGER_KEY", hide_env_values = true, global = true)]
    pub ledger_key: Option<Secret>,

    /// A witness that cosigns the checkpoints of the ledger (C2SP tlog-witness): http://… or
    /// https://…
    #[arg(
        long,
        env = "DAYBOOK_WITNESS_URL",
        requires = "witness_key",
        hide_env_values = true,
        global = true
    )]
    pub witness_url: Option<Secret>,

    /// Its verifier key, of the type cosignature/v1
    #[arg(long, env = "DAYBOOK_WITNESS_KEY", requires = "witness_url", global = true)]
    pub witness_key: Option<String>,

    /// Days that a session lasts from its log-in, however often it is refreshed: 1 to 365
    #[arg(long, env = "DAYBOOK_SESSION_DAYS", default_value = "30", global = true)]
    pub session_days: SessionDays,

    /// Accept the access tokens of this issuer (OpenID Connect) too: https://…
    #[arg(long, env = "DAYBOOK_OIDC_ISSUER", requires = "oidc_audience", global = true)]
    pub oidc_issuer: Option<IssuerUrl>,

    /// The audience that its tokens must name
    #[arg(long, env = "DAYBOOK_OIDC_AUDIENCE", requires = "oidc_issuer", global = true)]
    pub oidc_audience: Option<String>,

    /// The claim that identifies the user: email, which must be verified; email:CLAIM or
    /// employee_id:CLAIM, which are used as they are
    #[arg(long, env = "DAYBOOK_OIDC_USER", default_value = "email", global = true)]
    pub oidc_user: OidcUser,

    /// Web pages that may use the API from a browser: exact origins (scheme, host, port),
    /// separated by commas [default: none]
    #[arg(
        long,
        env = "DAYBOOK_CORS_ORIGINS",
        default_value = "",
        hide_default_value = true,
        global = true
    )]
    pub cors_origins: Origins,

    /// Requests that each caller may send a minute; off: no limit, for log-ins neither
    #[arg(long, env = "DAYBOOK_RATE_LIMIT", default_value = "600", global = true)]
    pub rate_limit: RateLimit,

    /// Proxies whose X-Forwarded-For is trusted: addresses or ranges such as 10.0.0.0/8, separated
    /// by commas [default: none]
    #[arg(
        long,
        env = "DAYBOOK_TRUSTED_PROXIES",
        default_value = "",
        hide_default_value = true,
        global = true
    )]
    pub trusted_proxies: TrustedProxies,

    /// Threads that handle requests [default: the number of cores]
    #[arg(long, env = "DAYBOOK_WORKERS", global = true)]
    pub workers: Option<NonZero<usize>>,

    /// Database connections for reading; on PostgreSQL as many again for writing [default: twice
    /// the number of cores, at least 4]
    #[arg(long, env = "DAYBOOK_DB_POOL", global = true)]
    pub db_pool: Option<NonZero<usize>>,
}

impl Config {
    /// The identity provider whose tokens are accepted, if one is set.
    pub fn identity_provider(&self) -> Option<Provider> {
        let (IssuerUrl(issuer), audience) =
            self.oidc_issuer.clone().zip(self.oidc_audience.clone())?;
        Some(Provider { issuer, audience, user: self.oidc_user.clone() })
    }

    /// Threads that handle requests.
    pub fn workers(&self) -> NonZero<usize> {
        self.workers.unwrap_or_else(cores)
    }

    /// Database connections for reading.
    pub fn db_pool(&self) -> usize {
        self.db_pool.map_or_else(|| (cores().get() * 2).max(4), NonZero::get)
    }
}

fn cores() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// A secret text: its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
