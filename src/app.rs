//! The service, put together. The binary and the tests share it.

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
            body::BODY_MAX, cors::cors, endpoint, health, idempotency::Running, metrics::Metrics,
        },
        limits::requests::Limits,
        middleware,
        openapi::docs,
    },
    auth::{oidc::IdentityProvider, passwords::Passwords, seal::Sealer, tokens::Tokens},
    config::Origins,
    db::database::Db,
    error::{Error, Result},
};

/// Seconds that running requests have to finish, once the service is told to stop.
const SHUTDOWN_SECONDS: u64 = 30;

/// What the handlers need.
pub struct Services {
    /// The database.
    pub db: Db,
    /// Signs and checks access tokens.
    pub tokens: Tokens,
    /// Whose tokens are accepted besides our own.
    pub identity_provider: Option<IdentityProvider>,
    /// Seals what is kept for requests that are sent again.
    pub sealer: Sealer,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Counts.
    pub metrics: Metrics,
    /// Counts who sends how much.
    pub limits: Limits,
    /// Web pages that may call from a browser.
    pub origins: Origins,
}

/// A server on a socket that is bound already. It stops gracefully at SIGTERM.
///
/// # Errors
/// `internal_error` where the socket can't be listened on.
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
    let running = web::Data::new(Running::default());
    let passwords = web::Data::new(services.passwords);
    let metrics = web::Data::new(services.metrics);
    let limits = web::Data::new(services.limits);
    let origins = services.origins;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(db.clone())
            .app_data(tokens.clone())
            .app_data(provider.clone())
            .app_data(sealer.clone())
            .app_data(running.clone())
            .app_data(passwords.clone())
            .app_data(metrics.clone())
            .app_data(limits.clone())
            .app_data(web::PayloadConfig::new(BODY_MAX))
            // The last one is the outermost.
            .wrap(from_fn(middleware::inside))
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            .wrap(from_fn(middleware::around))
            .configure(|config| endpoint::register(config, api::endpoints()))
            .configure(docs::register)
            .configure(health::register)
            .default_service(web::to(nowhere))
    })
    .workers(workers.get())
    .shutdown_timeout(SHUTDOWN_SECONDS);
    let server = if signals { server } else { server.disable_signals() };
    Ok(server.listen(listener).map_err(Error::internal)?.run())
}

async fn nowhere() -> Result<&'static str> {
    Err(Error::not_found())
}
