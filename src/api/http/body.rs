//! Extractors for bodies: JSON, CSV, forms.

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::{Method, header},
    web,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use validator::Validate;

use super::{
    arrival::{self, read_body},
    box_future::BoxFuture,
    idempotency::remember_body,
    parse::{parse_object, parse_value},
};
use crate::error::{Code, Error, Result};

/// The largest body that is read, in bytes.
pub const BODY_MAX: usize = arrival::BODY_MAX;

/// A valid JSON body, read as `T`. An empty body is read as `{}`.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = BoxFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        read(request, payload, |request, bytes| {
            check_json(request, bytes.is_empty())?;
            parse_value(parse_object(bytes, request.method() == Method::PATCH)?).map(Self)
        })
    }
}

/// The bytes of a JSON body, for a handler that reads its parts one by one.
pub struct RawJson(pub web::Bytes);

impl FromRequest for RawJson {
    type Error = Error;
    type Future = BoxFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        read(request, payload, |request, bytes| {
            check_json(request, bytes.is_empty())?;
            Ok(Self(bytes.clone()))
        })
    }
}

/// A CSV body: UTF-8 text, without the byte order mark that spreadsheets add.
pub struct Csv(pub String);

impl FromRequest for Csv {
    type Error = Error;
    type Future = BoxFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        read(request, payload, |request, bytes| {
            let mime = request.mime_type().ok().flatten();
            let fits = mime.is_some_and(|mime| {
                let utf8 = mime.get_param("charset").is_none_or(|it| it == "utf-8");
                mime.essence_str() == "text/csv" && utf8
            });
            check_media_type(request, fits, "text/csv, UTF-8")?;
            let text = std::str::from_utf8(bytes)
                .map_err(|_| Error::new(Code::MalformedRequest, "The body is not UTF-8 text."))?;
            Ok(Self(text.trim_start_matches('\u{feff}').to_owned()))
        })
    }
}

/// The pairs of a form (`application/x-www-form-urlencoded`), as OAuth uses it.
pub struct Form(pub Vec<(String, String)>);

impl FromRequest for Form {
    type Error = Error;
    type Future = BoxFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        read(request, payload, |request, bytes| {
            let form = "application/x-www-form-urlencoded";
            let mime = request.mime_type().ok().flatten();
            check_media_type(request, mime.is_some_and(|it| it.essence_str() == form), form)?;
            Ok(Self(form_urlencoded::parse(bytes).into_owned().collect()))
        })
    }
}

/// An empty body: no bytes, or `{}`.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Reads the whole body, then parses it.
fn read<T: 'static>(
    request: &HttpRequest,
    payload: &mut Payload,
    parse: fn(&HttpRequest, &web::Bytes) -> Result<T>,
) -> BoxFuture<T> {
    let (request, payload) = (request.clone(), payload.take());
    Box::pin(async move {
        let read = |bytes: &web::Bytes| {
            remember_body(&request, bytes);
            parse(&request, bytes)
        };
        read_body(&request, payload, read).await
    })
}

fn is_encoded(request: &HttpRequest) -> bool {
    request.headers().get(header::CONTENT_ENCODING).is_some_and(|it| it != "identity")
}

/// Refuses a body of another media type than `wanted`, and a compressed body.
fn check_media_type(request: &HttpRequest, fits: bool, wanted: &str) -> Result<()> {
    if fits && !is_encoded(request) {
        return Ok(());
    }
    let text = format!("Send the body as {wanted}, not compressed.");
    Err(Error::new(Code::UnsupportedMediaType, text))
}

fn check_json(request: &HttpRequest, empty: bool) -> Result<()> {
    let mime = request.mime_type().ok().flatten();
    let fits = mime.as_ref().is_some_and(|mime| match mime.essence_str() {
        "application/json" => true,
        "application/merge-patch+json" => request.method() == Method::PATCH,
        _ => false,
    });
    check_media_type(request, fits || (empty && mime.is_none()), "application/json")
}

/// Deserializes a field of a merge patch that is present; null only where `T` takes it.
///
/// # Errors
/// Where the value is not a `T`.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}
