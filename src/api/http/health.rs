//! What the operator's machines ask: is it alive, is it ready, how is it doing.

use std::time::Duration;

use actix_web::{HttpResponse, http::Method, web};
use diesel::connection::SimpleConnection;
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use super::endpoint::resource;
use crate::{
    db::database::Db,
    error::{Error, Result},
};

/// The counters of the service, in the form that Prometheus reads.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    waiting: IntGauge,
}

impl Metrics {
    /// With everything at zero.
    ///
    /// # Errors
    /// `internal_error` where a metric is named twice.
    pub fn new() -> Result<Self> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("daybook_http_requests_total", "Requests answered."),
            &["method", "path", "status"],
        )
        .map_err(Error::internal)?;
        let durations = HistogramVec::new(
            HistogramOpts::new("daybook_http_request_duration_seconds", "Time to answer."),
            &["method", "path"],
        )
        .map_err(Error::internal)?;
        let help = "Changes that wait for a connection to the database.";
        let waiting = IntGauge::new("daybook_waiting_changes", help).map_err(Error::internal)?;
        registry.register(Box::new(waiting.clone())).map_err(Error::internal)?;
        registry.register(Box::new(requests.clone())).map_err(Error::internal)?;
        registry.register(Box::new(durations.clone())).map_err(Error::internal)?;
        Ok(Self { registry, requests, durations, waiting })
    }

    /// Counts one answer. `path` is the pattern of the path, so that there are only so many.
    pub fn observe(&self, method: &str, path: &str, status: u16, took: Duration) {
        // A method can be any word: those that no path has are counted together.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
            _ => "other",
        };
        self.requests.with_label_values(&[method, path, &status.to_string()]).inc();
        self.durations.with_label_values(&[method, path]).observe(took.as_secs_f64());
    }
}

/// The three resources. They are not in the document: their form is the operator's.
pub fn register(config: &mut web::ServiceConfig) {
    let get = || vec![Method::GET];
    config
        .service(plain(resource("/health/live", get()), live))
        .service(plain(resource("/health/ready", get()), ready))
        .service(plain(resource("/metrics", get()), metrics));
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
    metrics.waiting.set(i64::try_from(db.waiting()).unwrap_or(i64::MAX));
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    encoder.encode(&metrics.registry.gather(), &mut text).map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type(encoder.format_type().to_owned()).body(text))
}
