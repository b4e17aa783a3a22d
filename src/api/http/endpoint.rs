//! Endpoints: a handler, its path and its place in the document. A path has its methods, HEAD beside
//! GET, OPTIONS, and 405 with `Allow` for the rest.

use std::{collections::BTreeMap, rc::Rc};

use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, Route,
    dev::Service,
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

use super::operation_rules::{OperationRules, check};
use crate::{
    domain::policy::Needs,
    error::{Code, Error},
};

/// One operation: a method on a path, its handler, and what the document says of it.
pub struct Endpoint {
    /// The path, with its parameters in braces.
    pub path: String,
    /// Its operation in the document.
    pub operation: Operation,
    /// The schemas that it refers to.
    pub schemas: Vec<(String, RefOr<Schema>)>,
    /// The method, as the document has it.
    pub http_method: HttpMethod,
    /// What it needs from an API client. The default is a session, which no client has.
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
    /// The endpoint of a handler, where `P` is the type that `#[utoipa::path]` makes of it.
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
        let methods = with_head(&method);
        let routes = Box::new(move || {
            methods.iter().map(|it| web::method(it.clone()).to(handler.clone())).collect()
        });
        let mut operation = P::operation();
        operation.tags = Some(P::tags().into_iter().map(str::to_owned).collect());
        let path = P::path();
        let needs = Needs::Session;
        Self { path, operation, schemas, http_method, needs, method, routes }
    }

    /// The same endpoint, with the needs of its method and its path.
    #[must_use]
    pub fn with_needs(self, needs: fn(&Method, &str) -> Needs) -> Self {
        Self { needs: needs(&self.method, &self.path), ..self }
    }

    /// The rules for its requests.
    fn rules(&self) -> OperationRules {
        OperationRules {
            method: self.method.clone(),
            query_names: self.query_names(),
            media_types: self.media_types(),
            needs: self.needs,
        }
    }

    /// The media types of its successful responses.
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

fn with_head(method: &Method) -> Vec<Method> {
    let head = (*method == Method::GET).then_some(Method::HEAD);
    std::iter::once(method.clone()).chain(head).collect()
}

/// Adds the resources of all paths. actix takes the first that matches, so that fixed words come
/// before a parameter. It tries them one by one, so that `/users`, with most requests, comes first.
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
        let rules: Rc<[OperationRules]> = of_path.iter().map(Endpoint::rules).collect();
        config.service(resource.wrap_fn(move |request, service| {
            let checked = match check(&request, &rules) {
                Ok(()) => Ok(service.call(request)),
                Err(error) => Err(request.error_response(error)),
            };
            async move {
                match checked {
                    Ok(response) => response.await,
                    Err(refusal) => Ok(refusal),
                }
            }
        }));
    }
}

/// A resource that responds to OPTIONS, and with 405 to other methods without a route.
pub fn resource(path: &str, methods: Vec<Method>) -> Resource {
    let mut allow: Vec<Method> = methods.iter().flat_map(with_head).collect();
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
