//! `daybook serve`.

use std::net::{SocketAddr, TcpListener};

use super::{
    admin::first_admin, database::open, descriptors::raise_descriptors, ledger_key, output::print,
    secrets::jwt_secret, witness::witness,
};
use crate::{
    api::{
        http::{health::HealthAt, metrics::Metrics},
        limits::{connections::ConnectionRules, requests::Limits},
    },
    app::{self, Services, Waits},
    auth::{
        oidc::IdentityProvider,
        passwords::{Cost, Passwords},
        seal::Sealer,
        tokens::Tokens,
    },
    config::Config,
    db::migrate,
    demo,
    error::{Error, Result},
    maintenance,
    store::{self, ledger::heads::LedgerHeads},
};

/// Brings the schema up to date, then serves until a signal stops the process.
pub(super) fn serve(config: &Config, demo: bool) -> Result<()> {
    let descriptors = raise_descriptors()?;
    let connections = ConnectionRules::for_descriptors(descriptors);
    log::info!(
        "{descriptors} descriptors: at most {} connections, {} from one address",
        connections.all,
        connections.address,
    );
    let (listener, address) = listen(config.listen)?;
    let operator = config.operator_listen.map(listen).transpose()?;
    migrate::up(&config.database_url)?;
    let secret = jwt_secret(config)?;
    let signer = ledger_key::key(config)?;
    let verifier = signer.verifier();
    let witness = witness(config)?;
    let db = open(config)?;
    let passwords = Passwords::new(Cost::default(), config.workers().get())?;
    let previous = config.jwt_previous_secret.as_ref().map(|it| it.reveal().as_bytes());
    let services = Services {
        limits: Limits::new(
            config.rate_limit,
            config.trusted_proxies.clone(),
            secret.reveal().as_bytes(),
            db.clock().clone(),
        ),
        origins: config.cors_origins.clone(),
        db,
        tokens: Tokens::new(secret.reveal().as_bytes(), previous),
        identity_provider: config.identity_provider().map(IdentityProvider::new),
        sealer: Sealer::new(secret.reveal().as_bytes(), previous)?,
        passwords,
        session_days: config.session_days,
        metrics: Metrics::new()?,
        ledger: LedgerHeads::new(signer),
        health_at: match operator {
            Some(_) => HealthAt::OperatorOnly,
            None => HealthAt::Api,
        },
        waits: Waits::new(connections),
    };
    let (ledger, db) = (services.ledger.clone(), services.db.clone());
    actix_web::rt::System::new().block_on(async move {
        ledger_key::check(&db, &verifier).await?;
        db.read_much(|conn| store::ledger::check::check_ends(conn)).await?;
        if demo {
            demo::load(&services.db, &services.passwords).await?;
        }
        first_admin(config, &services.db, &services.passwords).await?;
        if demo {
            print(&demo::welcome(&services.db, address).await?)?;
        }
        log::info!("database {}", config.database_url);
        if let Some(replica) = &config.read_database_url {
            log::info!("read replica {replica}");
            services.db.heartbeat().await?;
            actix_web::rt::spawn(maintenance::send_heartbeats(services.db.clone()));
        }
        if let Some((listener, address)) = operator {
            log::info!("health and metrics on http://{address}");
            let (db, metrics) = (services.db.clone(), services.metrics.clone());
            actix_web::rt::spawn(app::operator_server(db, metrics, listener)?);
        }
        log::info!("listening on http://{address}, Swagger UI at http://{address}/docs");
        maintenance::start(&services.db);
        actix_web::rt::spawn(maintenance::log_ledger_heads(db.clone(), ledger.clone()));
        if let Some(witness) = witness {
            let (db, ledger) = (db.clone(), ledger.clone());
            actix_web::rt::spawn(maintenance::witness::send_checkpoints(db, ledger, witness));
        }
        app::server(services, listener, config.workers(), true)?.await.map_err(Error::internal)?;
        if let Err(error) = maintenance::log_ledger_head(&db, &ledger, None).await {
            log::warn!("the head of the ledger could not be read: {error}");
        }
        Ok::<(), Error>(())
    })?;
    log::info!("stopped");
    Ok(())
}

/// A bound socket, and its address.
fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address)
        .map_err(|error| Error::internal(format!("can't listen on {address}: {error}")))?;
    let address = listener.local_addr().map_err(Error::internal)?;
    Ok((listener, address))
}
