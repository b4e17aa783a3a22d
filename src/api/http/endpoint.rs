//! One wrapper around actix's resources: a path answers its methods, HEAD where there is GET,
//! OPTIONS, and 405 with `Allow` to the rest; and every operation is in the document.

use std::{collections::BTreeMap, rc::Rc};

use actix_web::{
    FromRequest, Handler, HttpMessage, HttpRequest, HttpResponse, Resource, Responder, Route,
    dev::{Service, ServiceRequest},
    http::{Method, header},
    web,
};
use utoipa::{
    __dev::{SchemaReferences, Tags},
    Path,
    openapi::{
        HttpMethod, RefOr, Schema,
        path::{Operation, ParameterIn},
    },
};

use super::{etag::CONDITION_MAX, extract::query_pairs, middleware::X_REQUEST_ID};
use crate::{
    api::session::scopes,
    domain::{limits::QUERY_VALUE_MAX, policy::Needs},
    error::{Code, Error, Result},
};

/// One operation: a method on a path, its handler, and what the document says of it.
pub struct Endpoint {
    /// The path, with its parameters in braces.
    pub path: String,
    /// What the document says of it.
    pub operation: Operation,
    /// The schemas that it refers to.
    pub schemas: Vec<(String, RefOr<Schema>)>,
    /// The method, as the document has it.
    pub http_method: HttpMethod,
    /// What it asks of an API client.
    pub needs: Needs,
    method: Method,
    routes: Box<dyn Fn() -> Vec<Route>>,
}

/// The endpoint of a handler that `#[utoipa::path]` describes.
macro_rules! endpoint {
    ($handler:ident) => {
        pastey::paste! {
            $crate::api::http::endpoint::Endpoint::new::<[<__path_ $handler>], _, _>($handler)
        }
    };
}
pub(crate) use endpoint;

impl Endpoint {
    /// The endpoint of a handler, where `P` is what `#[utoipa::path]` made of it.
    pub fn new<P, H, Args>(handler: H) -> Self
    where
        P: Path + SchemaReferences + Tags<'static>,
        H: Handler<Args>,
        Args: FromRequest + 'static,
        H::Output: Responder + 'static,
    {
        let mut schemas = Vec::new();
        P::schemas(&mut schemas);
        let http_method = P::methods().into_iter().next().unwrap_or(HttpMethod::Get);
        let method = match http_method {
            HttpMethod::Post => Method::POST,
            HttpMethod::Put => Method::PUT,
            HttpMethod::Patch => Method::PATCH,
            HttpMethod::Delete => Method::DELETE,
            _ => Method::GET,
        };
        let answered = answered_methods(&method);
        let routes = Box::new(move || {
            answered.iter().map(|it| web::method(it.clone()).to(handler.clone())).collect()
        });
        let mut operation = P::operation();
        operation.tags = Some(P::tags().into_iter().map(str::to_owned).collect());
        let path = P::path();
        let needs = scopes::needs(&method, &path);
        Self { path, operation, schemas, http_method, needs, method, routes }
    }

    /// What a request to it is held against.
    fn known(&self) -> Known {
        Known {
            method: self.method.clone(),
            names: self.query_names(),
            gives: self.media_types(),
            needs: self.needs,
        }
    }

    /// The media types of its answers that are no errors.
    fn media_types(&self) -> Vec<String> {
        let responses = self.operation.responses.responses.iter();
        let mut types: Vec<String> = responses
            .filter(|(status, _)| status.starts_with('2'))
            .filter_map(|(_, response)| match response {
                RefOr::T(it) => Some(it.content.keys().cloned()),
                RefOr::Ref(_) => None,
            })
            .flatten()
            .collect();
        if types.is_empty() {
            types.push("application/json".to_owned());
        }
        types
    }

    fn query_names(&self) -> Vec<String> {
        let parameters = self.operation.parameters.iter().flatten();
        parameters
            .filter_map(|parameter| match parameter {
                RefOr::T(it) if it.parameter_in == ParameterIn::Query => Some(it.name.clone()),
                _ => None,
            })
            .collect()
    }
}

/// What the document knows of an operation.
struct Known {
    method: Method,
    names: Vec<String>,
    gives: Vec<String>,
    needs: Needs,
}

fn answered_methods(method: &Method) -> Vec<Method> {
    let head = (*method == Method::GET).then_some(Method::HEAD);
    std::iter::once(method.clone()).chain(head).collect()
}

/// Adds the resources of all paths. A path with fixed words stands before one with a parameter in
/// their place, because actix takes the first that fits. It tries them one by one, so those of users
/// come first: most requests are for them.
pub fn register(config: &mut web::ServiceConfig, endpoints: Vec<Endpoint>) {
    let mut paths: BTreeMap<(bool, String), Vec<Endpoint>> = BTreeMap::new();
    for endpoint in endpoints {
        let rest = !endpoint.path.starts_with("/users");
        // `~` sorts after every letter.
        paths.entry((rest, endpoint.path.replace('{', "~"))).or_default().push(endpoint);
    }
    for of_path in paths.into_values() {
        let Some(path) = of_path.first().map(|endpoint| endpoint.path.clone()) else { continue };
        let mut resource = resource(&path, of_path.iter().map(|it| it.method.clone()).collect());
        for route in of_path.iter().flat_map(|endpoint| (endpoint.routes)()) {
            resource = resource.route(route);
        }
        let known: Rc<[Known]> = of_path.iter().map(Endpoint::known).collect();
        config.service(resource.wrap_fn(move |request, service| {
            let checked = match check(&request, &known) {
                Ok(()) => Ok(service.call(request)),
                Err(error) => Err(request.error_response(error)),
            };
            async move {
                match checked {
                    Ok(answer) => answer.await,
                    Err(refusal) => Ok(refusal),
                }
            }
        }));
    }
}

/// Refuses what the document does not know, before the handler does anything: a query parameter
/// that the operation does not have or has twice, an answer in a form that it does not give, and a
/// condition that is too long.
fn check(request: &ServiceRequest, known: &[Known]) -> Result<()> {
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let Some(known) = known.iter().find(|it| it.method == method) else { return Ok(()) };
    request.extensions_mut().insert(known.needs);
    accepts(request, &known.gives)?;
    for name in [header::IF_MATCH, header::IF_NONE_MATCH, X_REQUEST_ID] {
        if request.headers().get_all(&name).any(|value| value.len() > CONDITION_MAX) {
            let text = format!("{name} has at most {CONDITION_MAX} characters.");
            return Err(Error::new(Code::MalformedRequest, text));
        }
    }
    if request.query_string().is_empty() {
        return Ok(());
    }
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in query_pairs(request.query_string()) {
        if !known.names.contains(&name) {
            let text = format!("There is no query parameter {name} here.");
            return Err(Error::invalid_parameter(&name, "unknown", text));
        }
        if seen.contains(&name) {
            let text = format!("The query parameter {name} is there more than once.");
            return Err(Error::invalid_parameter(&name, "repeated", text));
        }
        if value.contains('\0') {
            let text = format!("The query parameter {name} has a NUL character in it.");
            return Err(Error::invalid_parameter(&name, "invalid", text));
        }
        if value.chars().count() > QUERY_VALUE_MAX {
            let text = format!("{name} has at most {QUERY_VALUE_MAX} characters.");
            return Err(Error::invalid_parameter(&name, "too_long", text));
        }
        seen.push(name);
    }
    Ok(())
}

fn accepts(request: &ServiceRequest, gives: &[String]) -> Result<()> {
    let lines = request.headers().get_all(header::ACCEPT);
    let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap_or_default()).collect();
    if lines.is_empty() {
        return Ok(());
    }
    let fits = lines.join(",").to_ascii_lowercase().split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let refused = parts.any(|it| it.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
        !refused && gives.iter().any(|given| includes(media, given))
    });
    if fits {
        return Ok(());
    }
    let text = format!("The answer is {}; accept that.", gives.join(" or "));
    Err(Error::new(Code::NotAcceptable, text))
}

/// Whether a media range has a media type in it (RFC 9110, section 12.5.1).
fn includes(range: &str, media: &str) -> bool {
    match range.strip_suffix("/*") {
        Some("*") => true,
        Some(family) => media.split('/').next() == Some(family),
        None => range.is_empty() || range == media,
    }
}

/// A resource that answers OPTIONS, and 405 to what it has no route for.
pub fn resource(path: &str, methods: Vec<Method>) -> Resource {
    let mut allow: Vec<Method> = methods.iter().flat_map(answered_methods).collect();
    allow.push(Method::OPTIONS);
    let allow = allow.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    web::resource(path).default_service(web::to(move |request: HttpRequest| {
        let allow = allow.clone();
        async move {
            let mut response = if request.method() == Method::OPTIONS {
                HttpResponse::NoContent().finish()
            } else {
                let text = format!("{} is not a method of this path.", request.method());
                HttpResponse::from_error(Error::new(Code::MethodNotAllowed, text))
            };
            if let Ok(value) = header::HeaderValue::from_str(&allow) {
                response.headers_mut().insert(header::ALLOW, value);
            }
            response
        }
    }))
}
