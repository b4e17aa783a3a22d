//! Endpoints for the operator: liveness, readiness, metrics.

use actix_web::{HttpResponse, http::Method, web};
use diesel::connection::SimpleConnection;

use super::{endpoint::resource, metrics::Metrics};
use crate::{
    db::database::Db,
    error::{Error, Result},
};

/// Where the operator's resources are, if not at the address of the API: then the API answers 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthAt {
    /// At the address of the API.
    Api,
    /// At an address of their own.
    OperatorOnly,
}

/// The paths of the resources.
pub const PATHS: [&str; 3] = [LIVE, READY, METRICS];
const LIVE: &str = "/health/live";
const READY: &str = "/health/ready";
const METRICS: &str = "/metrics";

/// Adds the three resources. They are not in the document, because they are not for API clients.
pub fn register(config: &mut web::ServiceConfig) {
    let get = || vec![Method::GET];
    config
        .service(plain(resource(LIVE, get()), live))
        .service(plain(resource(READY, get()), ready))
        .service(plain(resource(METRICS, get()), metrics));
}

fn plain<H, Args>(resource: actix_web::Resource, handler: H) -> actix_web::Resource
where
    H: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    H::Output: actix_web::Responder + 'static,
{
    resource.route(web::get().to(handler.clone())).route(web::head().to(handler))
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

async fn ready(db: web::Data<Db>) -> Result<HttpResponse> {
    db.read(|conn| conn.batch_execute("SELECT 1").map_err(Error::unavailable)).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"))
}

async fn metrics(db: web::Data<Db>, metrics: web::Data<Metrics>) -> Result<HttpResponse> {
    let (media_type, text) = metrics.text(db.waiting())?;
    Ok(HttpResponse::Ok().content_type(media_type).body(text))
}
