//! A client of the service. Every reply is validated against the OpenAPI document.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use ureq::{Agent, http};

use super::{contract, reply::Reply};

/// A sender of requests, with or without a token.
#[derive(Clone)]
pub struct Client {
    pub address: String,
    /// The addresses of the other replicas: each request goes to the next one.
    pub others: Arc<[String]>,
    pub turn: Arc<AtomicUsize>,
    pub agent: Agent,
    pub token: Option<String>,
}

impl Client {
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    pub fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, &[JSON], Some(&body.to_string()))
    }

    pub fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, &[JSON], Some(&body.to_string()))
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], None)
    }

    /// A merge patch, on the condition of an entity tag.
    pub fn patch(&self, path: &str, etag: &str, body: Value) -> Reply {
        self.send("PATCH", path, &[JSON, ("if-match", etag)], Some(&body.to_string()))
    }

    /// A merge patch of whatever is there now.
    pub fn patch_now(&self, path: &str, body: Value) -> Reply {
        self.patch(path, "*", body)
    }

    /// Every item of a list, page by page.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let mut page = format!("{path}{separator}limit=100");
            if let Some(cursor) = &cursor {
                page = format!("{page}&cursor={cursor}");
            }
            let answer = self.get(&page).ok(200);
            items.extend(answer["data"].as_array().unwrap().iter().cloned());
            cursor = answer["page"]["next_cursor"].as_str().map(str::to_owned);
            assert_eq!(answer["page"]["has_more"], cursor.is_some());
            if cursor.is_none() {
                return items;
            }
        }
    }

    /// Any request; the reply is validated against the document.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Reply {
        let answer = self.try_send(method, path, headers, body).unwrap();
        let content_type = answer.header("content-type");
        contract::check(method, path, answer.status, content_type.as_deref(), &answer.text);
        assert!(answer.header("x-request-id").is_some(), "{method} {path} has no X-Request-Id");
        assert_eq!(answer.header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
        answer
    }

    /// Any request, to a server that may be gone.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Reply, ureq::Error> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % (self.others.len() + 1);
        let address = turn.checked_sub(1).map_or(&self.address, |other| &self.others[other]);
        let mut request = http::Request::builder().method(method).uri(format!("{address}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = match body {
            Some(body) => self.agent.run(request.body(body.to_owned()).unwrap())?,
            None => self.agent.run(request.body(()).unwrap())?,
        };
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let text = response.body_mut().with_config().limit(64 << 20).read_to_string()?;
        Ok(Reply { status: response.status().as_u16(), headers, text })
    }
}

/// The header that says that a body is JSON.
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// The header that says that a body is CSV.
pub const CSV: (&str, &str) = ("content-type", "text/csv");

/// The header that says that a body is a form.
pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A client of a server in another process.
pub fn client_at(address: &str) -> Client {
    Client {
        address: address.to_owned(),
        others: [].into(),
        turn: Arc::default(),
        agent: agent(),
        token: None,
    }
}

pub fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        // A reply that never comes is a failure, and not a test without an end.
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}
