//! Answers that can be kept, and given again to whoever sends the same `Idempotency-Key`.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde::{Deserialize, Serialize};

use super::etag;
use crate::error::{Error, Result};

/// An answer to a `POST`: its status, the headers that are its own, its JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    status: u16,
    location: Option<String>,
    etag: Option<String>,
    /// Nobody may keep it on the way: there is a secret in it.
    secret: bool,
    body: Option<String>,
    /// Whether it may come out better if the request is made anew: then it is not kept.
    #[serde(skip)]
    passing: bool,
}

impl Answer {
    /// 201: where the resource is, the tag of its version, the resource.
    ///
    /// # Errors
    /// `internal_error` where it has no JSON form.
    pub fn created<T: Serialize>(location: String, version: i64, body: &T) -> Result<Self> {
        let etag = Some(etag::tag(version));
        let answer = Self::with_body(StatusCode::CREATED, body)?;
        Ok(Self { location: Some(location), etag, ..answer })
    }

    /// 200 with a body.
    ///
    /// # Errors
    /// `internal_error` where it has no JSON form.
    pub fn ok<T: Serialize>(body: &T) -> Result<Self> {
        Self::with_body(StatusCode::OK, body)
    }

    /// 204.
    pub fn no_content() -> Self {
        let status = StatusCode::NO_CONTENT.as_u16();
        Self { status, location: None, etag: None, secret: false, body: None, passing: false }
    }

    /// Any status, with a body.
    ///
    /// # Errors
    /// `internal_error` where it has no JSON form.
    pub fn with_body<T: Serialize>(status: StatusCode, body: &T) -> Result<Self> {
        let body = Some(serde_json::to_string(body).map_err(Error::internal)?);
        Ok(Self { status: status.as_u16(), body, ..Self::no_content() })
    }

    /// The same answer, with a secret in it.
    #[must_use]
    pub fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// The same answer, where parts of it may come out better if the request is made anew.
    #[must_use]
    pub fn passing(self, passing: bool) -> Self {
        Self { passing, ..self }
    }

    /// Whether it stays as it is.
    pub fn is_final(&self) -> bool {
        !self.passing
    }

    /// Whether it tells of a success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let status = StatusCode::from_u16(answer.status);
        let mut response = Self::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        if let Some(location) = answer.location {
            response.insert_header((header::LOCATION, location));
        }
        if let Some(etag) = answer.etag {
            response.insert_header((header::ETAG, etag));
        }
        if answer.secret {
            response.insert_header((header::CACHE_CONTROL, "no-store"));
        }
        match answer.body {
            Some(body) => response.content_type("application/json").body(body),
            None => response.finish(),
        }
    }
}
