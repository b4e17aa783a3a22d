//! The document (OpenAPI 3.1): the handlers and types describe themselves, and what is the same for
//! all of them is added by rule.

pub mod docs;
mod errors;
mod headers;
mod illustrate;
mod links;
mod operations;
mod parameters;
mod refs;
mod text;

use std::sync::OnceLock;

use utoipa::{
    OpenApi,
    openapi::{
        self, Components, PathItem, ServerBuilder,
        extensions::Extensions,
        security::{ClientCredentials, Flow, Http, HttpAuthScheme, OAuth2, Scopes, SecurityScheme},
    },
};

use super::{
    endpoints,
    http::problem::{Problem, ProblemField},
    session::oauth_error::{OAuthError, OAuthErrorCode, TOKEN_PATH},
};
use crate::domain::scope::Scope;

/// What no handler says. The tags are in the order of the document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Daybook",
        description = include_str!("description.md").trim_end(),
        contact(name = "The operator of this installation"),
        license(name = "Apache-2.0", url = "https://www.apache.org/licenses/LICENSE-2.0"),
    ),
    tags(
        (name = "Session", description = "Log in, stay in, log out."),
        (name = "Activity", description = "The log of a user: what happened, and the notes that explain it."),
        (name = "Ledger", description = "Every record of the log in one order, and the proofs that none was changed."),
        (name = "Users", description = "People and API accounts, the plans that they have, what they learned elsewhere."),
        (name = "Enrollments", description = "Users in courses, from the first day to the completion."),
        (name = "Courses", description = "What there is to learn."),
        (name = "Certifications", description = "Sets of courses, all of which are required."),
        (name = "Learning plans", description = "Sets of certifications, assigned to users."),
        (name = "API clients", description = "The accounts of integrations, and their secrets."),
        (name = "Groups", description = "Groups of users, the permissions of their members, and the learning plans that members get."),
    ),
    security(("bearer" = [])),
    components(schemas(Problem, ProblemField, OAuthError, OAuthErrorCode)),
)]
struct Frame;

/// The document, as it is served, printed and committed.
pub fn document() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let document = build();
        let mut json = document.to_pretty_json().unwrap_or_default();
        // utoipa names the page of a `T` `Page_T`; generated clients deserve a `TPage`.
        for name in document.components.iter().flat_map(|it| it.schemas.keys()) {
            if let Some(item) = name.strip_prefix("Page_") {
                json = json.replace(&format!("{name}\""), &format!("{item}Page\""));
            }
        }
        json.push('\n');
        json
    })
}

fn build() -> openapi::OpenApi {
    let mut document = Frame::openapi();
    let server = ServerBuilder::new()
        .url("/")
        .description(Some("This installation, be it local, for testing or in production."))
        .extensions(Some(Extensions::builder().add("x-internal", false).build()));
    document.servers = Some(vec![server.build()]);
    let components = document.components.get_or_insert_default();
    let paths = &mut document.paths;
    for endpoint in endpoints() {
        let operation = operations::complete(&endpoint);
        let item = PathItem::new(endpoint.http_method, operation);
        match paths.paths.get_mut(&endpoint.path) {
            Some(there) => there.merge_operations(item),
            None => drop(paths.paths.insert(endpoint.path, item)),
        }
        components.schemas.extend(endpoint.schemas);
    }
    complete(components);
    links::add(paths);
    for operation in paths.paths.values_mut().flat_map(refs::operations) {
        illustrate::illustrate(operation, &components.schemas);
        operations::bound(operation, &components.schemas);
    }
    document
}

/// Adds what the operations share.
fn complete(components: &mut Components) {
    components.schemas.values_mut().for_each(|schema| text::bound(schema, text::TEXT_MAX));
    components.headers.extend(headers::all());
    components.responses.extend(errors::shared());
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("JWT".to_owned());
    let text = "The `access_token` of `POST /auth/login`: a JWT, signed with HS256 and nothing \
                else, with issuer, audience and expiry checked, as RFC8725 asks for.";
    bearer.description = Some(text.to_owned());
    let scopes = Scope::ALL.iter().map(|scope| (scope.as_str(), scope.meaning()));
    let flow = ClientCredentials::new(TOKEN_PATH, Scopes::from_iter(scopes));
    let text = "For API clients: `client_id` and `client_secret` of `POST /api-clients`. The token \
                is a JWT as RFC8725 asks for, valid for 15 minutes.";
    let oauth2 = OAuth2::with_description([Flow::ClientCredentials(flow)], text);
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    components.add_security_scheme("oauth2", SecurityScheme::OAuth2(oauth2));
}
