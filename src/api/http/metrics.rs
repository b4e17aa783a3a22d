//! The counters of the service, in the text format of Prometheus.

use std::time::Duration;

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use crate::error::{Error, Result};

/// The counters of the service, in the form that Prometheus reads.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    waiting: IntGauge,
}

impl Metrics {
    /// With all counters at zero.
    ///
    /// # Errors
    /// `internal_error` where two metrics have the same name.
    pub fn new() -> Result<Self> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("daybook_http_requests_total", "Requests answered."),
            &["method", "path", "status"],
        )
        .map_err(Error::internal)?;
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "daybook_http_request_duration_seconds",
                "Time from request to response.",
            ),
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

    /// Counts a response. `path` is the pattern of the path, so that the number of series is bounded.
    pub fn observe(&self, method: &str, path: &str, status: u16, took: Duration) {
        // A method can be any word: all others share one series.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
            _ => "other",
        };
        self.requests.with_label_values(&[method, path, &status.to_string()]).inc();
        self.durations.with_label_values(&[method, path]).observe(took.as_secs_f64());
    }

    /// The counters as text, with how many changes wait now, and the media type of that text.
    ///
    /// # Errors
    /// `internal_error` where a metric has no text form.
    pub fn text(&self, waiting_changes: usize) -> Result<(String, Vec<u8>)> {
        self.waiting.set(i64::try_from(waiting_changes).unwrap_or(i64::MAX));
        let encoder = TextEncoder::new();
        let mut text = Vec::new();
        encoder.encode(&self.registry.gather(), &mut text).map_err(Error::internal)?;
        Ok((encoder.format_type().to_owned(), text))
    }
}
