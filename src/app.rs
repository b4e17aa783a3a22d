//! Puts the service together, for the binary and for the tests.

use std::{net::TcpListener, num::NonZero};

use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::{Condition, from_fn},
    web,
};

use crate::{
    api::{
        self,
        http::{
            body::BODY_MAX,
            cors::cors,
            endpoint,
            health::{self, HealthAt},
            idempotency::RunningKeys,
            metrics::Metrics,
        },
        limits::requests::Limits,
        middleware,
        openapi::docs,
    },
    auth::{oidc::IdentityProvider, passwords::Passwords, seal::Sealer, tokens::Tokens},
    config::{network::Origins, session::SessionDays},
    db::database::Db,
    error::{Error, Result},
};

/// Seconds that running requests have to finish after the signal to stop.
const SHUTDOWN_SECONDS: u64 = 30;

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
    /// Web pages that may call from a browser.
    pub origins: Origins,
    /// Where the operator's resources are.
    pub health_at: HealthAt,
}

/// A server on a bound socket. With `signals`, it stops gracefully at SIGTERM.
pub fn server(
    services: Services,
    listener: TcpListener,
    workers: NonZero<usize>,
    signals: bool,
) -> Result<Server> {
    let db = web::Data::new(services.db);
    let tokens = web::Data::new(services.tokens);
    let provider = web::Data::new(services.identity_provider);
    let sealer = web::Data::new(services.sealer);
    let running = web::Data::new(RunningKeys::default());
    let passwords = web::Data::new(services.passwords);
    let session_days = web::Data::new(services.session_days);
    let metrics = web::Data::new(services.metrics);
    let limits = web::Data::new(services.limits);
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
            .app_data(web::PayloadConfig::new(BODY_MAX))
            // The last middleware is the outermost.
            .wrap(from_fn(middleware::inner))
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            .wrap(from_fn(middleware::outer))
            .configure(|config| endpoint::register(config, api::endpoints()))
            .configure(docs::register)
            .configure(|config| match health_at {
                HealthAt::Api => health::register(config),
                HealthAt::OperatorOnly => {}
            })
            .default_service(web::to(not_found))
    })
    .workers(workers.get())
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

async fn not_found() -> Result<&'static str> {
    Err(Error::not_found())
}
