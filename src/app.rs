//! Puts the service together, for the binary and for the tests.

use std::{any::Any, net::TcpListener, num::NonZero, os::fd::AsFd, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::{Extensions, Server},
    middleware::{Condition, from_fn},
    rt::net::TcpStream,
    web,
};
use rustix::net::sockopt::{set_socket_send_buffer_size, set_tcp_user_timeout};

use crate::{
    api::{
        self,
        http::{
            arrival::{Bodies, BodyRules},
            cors::cors,
            endpoint,
            health::{self, HealthAt},
            idempotency::RunningKeys,
            metrics::Metrics,
            paced_body::{Replies, ReplyRules},
        },
        ledger::tiles,
        limits::{
            connections::{ConnectionRules, Connections},
            requests::Limits,
        },
        middleware,
        openapi::docs,
    },
    auth::{oidc::IdentityProvider, passwords::Passwords, seal::Sealer, tokens::Tokens},
    config::{network::Origins, session::SessionDays},
    db::database::Db,
    error::{Error, Result},
    maintenance,
    store::ledger::heads::LedgerHeads,
};

/// Seconds that running requests have to finish after the signal to stop.
const SHUTDOWN_SECONDS: u64 = 30;

/// What the system keeps of a reply until the client has it, in bytes. Linux takes twice as many, so
/// that 100 ms to the client and back allow 2.5 MB a second.
const SEND_BUFFER: usize = 128 * 1024;

/// How long sent bytes may stay untaken by the client, in milliseconds.
const UNTAKEN_MILLIS: u32 = 20_000;

/// How long the head of a request may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// What the handlers need.
pub struct Services {
    /// The database.
    pub db: Db,
    /// Signs and checks access tokens.
    pub tokens: Tokens,
    /// The identity provider whose tokens are accepted too.
    pub identity_provider: Option<IdentityProvider>,
    /// Encrypts the stored replies of idempotent requests.
    pub sealer: Sealer,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// How long a session lasts.
    pub session_days: SessionDays,
    /// The counters for Prometheus.
    pub metrics: Metrics,
    /// Counts how much each caller sends.
    pub limits: Limits,
    /// Signs the heads of the ledger.
    pub ledger: LedgerHeads,
    /// Web pages that may call from a browser.
    pub origins: Origins,
    /// Where the operator's resources are.
    pub health_at: HealthAt,
    /// What clients may keep the service busy with.
    pub waits: Waits,
}

/// What clients may keep the service busy with.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// How long the head of a request may take.
    pub head: Duration,
    /// How long bodies may take, and how much memory.
    pub bodies: BodyRules,
    /// How long clients may take for replies, and how much memory those have.
    pub replies: ReplyRules,
    /// How many connections there may be.
    pub connections: ConnectionRules,
}

impl Waits {
    /// As the service runs, where these connections are allowed.
    pub fn new(connections: ConnectionRules) -> Self {
        Self {
            head: HEAD_TIMEOUT,
            bodies: BodyRules::default(),
            replies: ReplyRules::default(),
            connections,
        }
    }
}

/// A server on a bound socket. With `signals`, it stops gracefully at SIGTERM.
pub fn server(
    services: Services,
    listener: TcpListener,
    workers: NonZero<usize>,
    signals: bool,
) -> Result<Server> {
    let Waits { head, bodies, replies, connections: rules } = services.waits;
    let proxies = services.limits.proxies().clone();
    let bodies = web::Data::from(Bodies::new(bodies, proxies.clone()));
    let replies = web::Data::from(Replies::new(replies, proxies.clone()));
    let connections = Connections::new(rules, proxies);
    let db = web::Data::new(services.db);
    let tokens = web::Data::new(services.tokens);
    let provider = web::Data::new(services.identity_provider);
    let sealer = web::Data::new(services.sealer);
    let running = web::Data::new(RunningKeys::default());
    let passwords = web::Data::new(services.passwords);
    let session_days = web::Data::new(services.session_days);
    let metrics = web::Data::new(services.metrics);
    let limits = web::Data::new(services.limits);
    let ledger = web::Data::new(services.ledger);
    actix_web::rt::spawn(maintenance::sequence_ledger(db.get_ref().clone()));
    let (origins, health_at) = (services.origins, services.health_at);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(db.clone())
            .app_data(tokens.clone())
            .app_data(provider.clone())
            .app_data(sealer.clone())
            .app_data(running.clone())
            .app_data(passwords.clone())
            .app_data(session_days.clone())
            .app_data(metrics.clone())
            .app_data(limits.clone())
            .app_data(ledger.clone())
            .app_data(bodies.clone())
            .app_data(replies.clone())
            // The last middleware is the outermost.
            .wrap(from_fn(middleware::inner))
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            .wrap(from_fn(middleware::outer))
            .configure(|config| endpoint::register(config, api::endpoints()))
            .configure(tiles::register)
            .configure(docs::register)
            .configure(|config| match health_at {
                HealthAt::Api => health::register(config),
                HealthAt::OperatorOnly => {}
            })
            .default_service(web::to(not_found))
    })
    .workers(workers.get())
    .max_connections(rules.accepted().div_ceil(workers.get()))
    .on_connect(move |stream, data| admit(&connections, stream, data))
    .client_request_timeout(head)
    // Who has gone is not worked for.
    .h1_allow_half_closed(false)
    .shutdown_timeout(SHUTDOWN_SECONDS);
    let server = if signals { server } else { server.disable_signals() };
    Ok(server.listen(listener).map_err(Error::internal)?.run())
}

/// A server for the operator's resources alone. It has a thread of its own, so that it answers when
/// the API is busy.
pub fn operator_server(db: Db, metrics: Metrics, listener: TcpListener) -> Result<Server> {
    let (db, metrics) = (web::Data::new(db), web::Data::new(metrics));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(db.clone())
            .app_data(metrics.clone())
            .wrap(from_fn(middleware::outer))
            .configure(health::register)
            .default_service(web::to(not_found))
    })
    .workers(1)
    .disable_signals();
    Ok(server.listen(listener).map_err(Error::internal)?.run())
}

/// Counts a new connection, which ends where its client takes nothing of what is sent.
fn admit(connections: &Arc<Connections>, stream: &dyn Any, data: &mut Extensions) {
    let Some(stream) = stream.downcast_ref::<TcpStream>() else { return };
    // A client that has gone already has no address.
    let Ok(peer) = stream.peer_addr() else { return };
    // Else the system keeps some MiB for a client that takes nothing, and the reply counts as sent.
    let bounded = set_socket_send_buffer_size(stream, SEND_BUFFER)
        .and_then(|()| set_tcp_user_timeout(stream, UNTAKEN_MILLIS));
    if let Err(error) = bounded {
        log::debug!("a connection has no bounds: {error}");
    }
    let socket = stream.as_fd().try_clone_to_owned().ok();
    data.insert(connections.open(peer, socket));
}

async fn not_found() -> Result<&'static str> {
    Err(Error::not_found())
}
