//! Replies that can be stored, and sent again for the same `Idempotency-Key`.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde::{Deserialize, Serialize};

use super::etag;
use crate::error::{Error, Result};

/// A reply to a `POST`: its status, its own headers, its JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    status: u16,
    location: Option<String>,
    etag: Option<String>,
    /// Whether it has a secret in it, so that no cache may store it.
    secret: bool,
    body: Option<String>,
    /// Whether a repeated request may succeed further: then the reply is not stored.
    #[serde(skip)]
    provisional: bool,
}

impl Reply {
    /// 201, with the location of the resource, the tag of its version, and the resource.
    pub fn created<T: Serialize>(location: String, version: i64, body: &T) -> Result<Self> {
        let etag = Some(etag::tag(version));
        let reply = Self::with_body(StatusCode::CREATED, body)?;
        Ok(Self { location: Some(location), etag, ..reply })
    }

    /// 200 with a body.
    pub fn ok<T: Serialize>(body: &T) -> Result<Self> {
        Self::with_body(StatusCode::OK, body)
    }

    /// 204.
    pub fn no_content() -> Self {
        let status = StatusCode::NO_CONTENT.as_u16();
        Self { status, location: None, etag: None, secret: false, body: None, provisional: false }
    }

    /// Any status, with a body.
    pub fn with_body<T: Serialize>(status: StatusCode, body: &T) -> Result<Self> {
        let body = Some(serde_json::to_string(body).map_err(Error::internal)?);
        Ok(Self { status: status.as_u16(), body, ..Self::no_content() })
    }

    /// The same reply, as one with a secret in it.
    #[must_use]
    pub fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// The same reply, as one that a repeated request may improve.
    #[must_use]
    pub fn provisional(self, provisional: bool) -> Self {
        Self { provisional, ..self }
    }

    /// Whether a repeated request would get the same reply.
    pub fn is_final(&self) -> bool {
        !self.provisional
    }

    /// Whether its status is a success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl From<Reply> for HttpResponse {
    fn from(reply: Reply) -> Self {
        let status = StatusCode::from_u16(reply.status);
        let mut response = Self::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        if let Some(location) = reply.location {
            response.insert_header((header::LOCATION, location));
        }
        if let Some(etag) = reply.etag {
            response.insert_header((header::ETAG, etag));
        }
        if reply.secret {
            response.insert_header((header::CACHE_CONTROL, "no-store"));
        }
        match reply.body {
            Some(body) => response.content_type("application/json").body(body),
            None => response.finish(),
        }
    }
}
