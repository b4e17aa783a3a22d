//! Bodies of requests: JSON, CSV, forms, read into types or into a clear error.

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::{Method, header},
    web,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use validator::Validate;

use super::{
    extract::Boxed,
    idempotency::remember_body,
    validate::{field_errors, find_nul, shape_error},
};
use crate::error::{Code, Error, Result};

/// The largest body that is read, in bytes.
pub const BODY_MAX: usize = 1024 * 1024;

/// A JSON body, read as `T` and found valid. An empty one is read as `{}`.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Boxed<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, bytes) = (request.clone(), read(request, payload));
        Box::pin(async move {
            let bytes = bytes.await?;
            check_media_type(&request, bytes.is_empty())?;
            parse_body(&bytes, request.method() == Method::PATCH).map(Self)
        })
    }
}

/// A body of CSV: UTF-8 text, without the byte order mark that spreadsheets put before it.
pub struct Csv(pub String);

impl FromRequest for Csv {
    type Error = Error;
    type Future = Boxed<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, bytes) = (request.clone(), read(request, payload));
        Box::pin(async move {
            let bytes = bytes.await?;
            let mime = request.mime_type().ok().flatten();
            let fits = mime.as_ref().is_some_and(|mime| {
                let utf8 = mime.get_param("charset").is_none_or(|it| it == "utf-8");
                mime.essence_str() == "text/csv" && utf8
            });
            if !fits || is_encoded(&request) {
                let text = "Send the body as text/csv, UTF-8, not compressed.";
                return Err(Error::new(Code::UnsupportedMediaType, text));
            }
            let text = std::str::from_utf8(&bytes)
                .map_err(|_| Error::new(Code::MalformedRequest, "The body is no UTF-8 text."))?;
            Ok(Self(text.trim_start_matches('\u{feff}').to_owned()))
        })
    }
}

/// A body of pairs: `application/x-www-form-urlencoded`, as OAuth has it.
pub struct Form(pub Vec<(String, String)>);

impl FromRequest for Form {
    type Error = Error;
    type Future = Boxed<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, bytes) = (request.clone(), read(request, payload));
        Box::pin(async move {
            let bytes = bytes.await?;
            let mime = request.mime_type().ok().flatten();
            let fits =
                mime.is_some_and(|it| it.essence_str() == "application/x-www-form-urlencoded");
            if !fits || is_encoded(&request) {
                let text = "Send the body as application/x-www-form-urlencoded, not compressed.";
                return Err(Error::new(Code::UnsupportedMediaType, text));
            }
            Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
        })
    }
}

/// A body with nothing in it: none, or `{}`.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The bytes of a body, all of them.
fn read(request: &HttpRequest, payload: &mut Payload) -> Boxed<web::Bytes> {
    let (request, bytes) = (request.clone(), web::Bytes::from_request(request, payload));
    Box::pin(async move {
        let bytes = bytes.await.map_err(|error| unreadable(&error))?;
        remember_body(&request, &bytes);
        Ok(bytes)
    })
}

fn unreadable(error: &actix_web::Error) -> Error {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => {
            Error::new(Code::PayloadTooLarge, format!("A body has at most {BODY_MAX} bytes."))
        }
        _ => Error::new(Code::MalformedRequest, "The body can't be read to its end."),
    }
}

fn is_encoded(request: &HttpRequest) -> bool {
    request.headers().get(header::CONTENT_ENCODING).is_some_and(|it| it != "identity")
}

fn check_media_type(request: &HttpRequest, empty: bool) -> Result<()> {
    let mime = request.mime_type().ok().flatten();
    let fits = mime.as_ref().is_some_and(|mime| match mime.essence_str() {
        "application/json" => true,
        "application/merge-patch+json" => request.method() == Method::PATCH,
        _ => false,
    });
    if (fits || (empty && mime.is_none())) && !is_encoded(request) {
        return Ok(());
    }
    let text = "Send the body as application/json, not compressed.";
    Err(Error::new(Code::UnsupportedMediaType, text))
}

fn parse_body<T: DeserializeOwned + Validate>(bytes: &[u8], patch: bool) -> Result<T> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let text = format!("The body is no JSON: {error}.");
        Error::new(Code::MalformedRequest, text)
    })?;
    make_whole(&mut value);
    match value.as_object() {
        None => {
            let text = "The body has to be a JSON object.";
            return Err(Error::invalid_field("", "invalid_type", text));
        }
        Some(fields) if patch && fields.is_empty() => {
            let text = "Name at least one field to change.";
            return Err(Error::invalid_field("", "required", text));
        }
        Some(_) => {}
    }
    if let Some(pointer) = find_nul(&value) {
        let text = "Text can't have a NUL character in it.";
        return Err(Error::invalid_field(&pointer, "invalid_character", text));
    }
    let body: T = serde_path_to_error::deserialize(value)
        .map_err(|error| shape_error(error.path(), &error.inner().to_string()))?;
    body.validate().map_err(|errors| Error::invalid(field_errors(&errors)))?;
    Ok(body)
}

/// Writes `365.0` as `365`: to JSON Schema, and to the languages that know one kind of number, they
/// are the same; to serde, only one of them is an integer.
fn make_whole(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            // Up to here, every whole number has a float of its own (RFC 8259, section 6).
            let whole = float.filter(|it| it.fract() == 0.0 && it.abs() < 9_007_199_254_740_992.0);
            if let Some(whole) = whole {
                *number = (whole as i64).into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_whole),
        Value::Object(fields) => fields.values_mut().for_each(make_whole),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// A field of a merge patch that is there, whatever it says: null only where `T` takes it.
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
