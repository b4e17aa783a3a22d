//! The document (OpenAPI 3.1): made of the handlers, with what is the same for all of them added
//! by rule.

use std::sync::OnceLock;

use utoipa::{
    ToSchema,
    openapi::{
        Components, ComponentsBuilder, Content, Header, HttpMethod, InfoBuilder, LicenseBuilder,
        ObjectBuilder, OpenApi, OpenApiBuilder, PathItem, Paths, Ref, RefOr, Required, Response,
        ResponseBuilder, Schema, Server, Type,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
        schema::ArrayItems,
        security::{
            ClientCredentials, Flow, Http, HttpAuthScheme, OAuth2, Scopes, SecurityRequirement,
            SecurityScheme,
        },
        tag::TagBuilder,
    },
};

use super::{
    endpoints,
    oauth::{self, OAuthError, OAuthErrorCode},
    problem::{PROBLEM_JSON, Problem, ProblemField},
};
use crate::domain::{policy::Needs, scope::Scope};

/// The document, as it is served, printed and committed.
pub fn document() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let mut json = build().to_pretty_json().unwrap_or_default();
        for item in PAGED {
            let (name, better) = (format!("Page_{item}"), format!("{item}Page"));
            json = json.replace(&format!("\"{name}\""), &format!("\"{better}\""));
            json = json.replace(&format!("schemas/{name}\""), &format!("schemas/{better}\""));
        }
        json.push('\n');
        json
    })
}

/// What there are lists of. utoipa names the page of a `T` `Page_T`, and repeats the `T` in it;
/// generated clients deserve a `TPage` that refers to it.
const PAGED: &[&str] = &[
    "ActionMeaning",
    "ActivityEntry",
    "ApiClient",
    "AssignedLearningPlan",
    "Certification",
    "CertificationStanding",
    "Course",
    "Creator",
    "Enrollment",
    "ExternalTraining",
    "Group",
    "LearningPlan",
    "Revision",
    "User",
];

const DESCRIPTION: &str = "The user activity log of a learning platform: one timeline for each \
user, newest first, of **system** entries, which the service writes by itself in the same \
transaction as the change that they tell of, and **manual** entries, the notes that explain them.

**Try it**: `POST /auth/login` with the e-mail of a demo account and the password \
`daybook-demo`; copy the `access_token` into *Authorize*.

**Conventions**: times are RFC 3339, in UTC; ids are UUIDv7; lists are paged by `cursor`; a \
`PATCH` is a JSON merge patch (RFC 7396) and needs the `ETag` that you read as `If-Match`; every \
error is a problem (RFC 9457) with a `code` to switch on.";

/// The tags, in the order of the document.
const TAGS: &[(&str, &str)] = &[
    ("Session", "Log in, stay in, log out."),
    ("Activity", "The log of a user: what happened, and the notes that explain it."),
    ("Users", "People and API accounts, the plans that they have, what they learned elsewhere."),
    ("Enrollments", "Users in courses, from the first day to the completion."),
    ("Courses", "What there is to learn."),
    ("Certifications", "Sets of courses, all of which are required."),
    ("Learning plans", "Sets of certifications, assigned to users."),
    ("API clients", "What integrations prove themselves with."),
    ("Groups", "Who belongs together, who may look, and the plans that come with it."),
];

/// The errors that are said once for all operations: name, status, when.
const ERRORS: &[(&str, &str, &str)] = &[
    (
        "BadRequest",
        "400",
        "`malformed_request`, `invalid_parameter` or `invalid_cursor`: the request can't be read, \
         or a query parameter is unknown or wrong.",
    ),
    ("Unauthorized", "401", "`unauthenticated` or `invalid_token`: log in, or refresh."),
    (
        "Forbidden",
        "403",
        "`forbidden`: the caller may see it, but not do this. `insufficient_scope`: the API client's \
         token is not good for this.",
    ),
    ("NotFound", "404", "`not_found`: there is no such thing, or none that the caller may see."),
    ("NotAcceptable", "406", "`not_acceptable`: the answer is of no media type of `Accept`."),
    ("PreconditionFailed", "412", "`precondition_failed`: it has changed since it was read."),
    ("PayloadTooLarge", "413", "`payload_too_large`: a body has at most 1 MiB."),
    ("UnsupportedMediaType", "415", "`unsupported_media_type`: send what the operation takes."),
    ("UnprocessableContent", "422", "`validation_failed`: see `errors`."),
    ("PreconditionRequired", "428", "`precondition_required`: send the ETag as `If-Match`."),
    ("TooManyRequests", "429", "`rate_limited`: try again after `Retry-After` seconds."),
    ("InternalServerError", "500", "`internal_error`: something is broken here."),
    ("ServiceUnavailable", "503", "`unavailable`: try again after `Retry-After` seconds."),
    ("Problem", "default", "Any other problem."),
];

fn build() -> OpenApi {
    let mut paths = Paths::new();
    let mut schemas = vec![
        problem_schema::<Problem>(),
        problem_schema::<ProblemField>(),
        problem_schema::<OAuthError>(),
        problem_schema::<OAuthErrorCode>(),
    ];
    for endpoint in endpoints() {
        schemas.extend(endpoint.schemas);
        let mut operation = complete(endpoint.operation, &endpoint.path, &endpoint.http_method);
        if operation.security.is_none() {
            operation.security = Some(security(endpoint.needs));
        }
        let item = PathItem::new(endpoint.http_method, operation);
        match paths.paths.get_mut(&endpoint.path) {
            Some(there) => there.merge_operations(item),
            None => {
                paths.paths.insert(endpoint.path, item);
            }
        }
    }
    let info = InfoBuilder::new()
        .title("Daybook")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(
            LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build(),
        ))
        .build();
    let tags = TAGS
        .iter()
        .map(|(name, text)| TagBuilder::new().name(*name).description(Some(*text)).build());
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .paths(paths)
        .components(Some(components(schemas)))
        .security(Some([SecurityRequirement::new("bearer", Vec::<String>::new())]))
        .tags(Some(tags))
        .build()
}

fn problem_schema<T: ToSchema>() -> (String, RefOr<Schema>) {
    (T::name().into_owned(), T::schema())
}

fn components(mut schemas: Vec<(String, RefOr<Schema>)>) -> Components {
    schemas.sort_by(|one, other| one.0.cmp(&other.0));
    for (name, schema) in &mut schemas {
        if let Some(item) = PAGED.iter().find(|item| *name == format!("Page_{item}")) {
            refer_to_item(schema, item);
        }
    }
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("JWT".to_owned());
    bearer.description = Some("The `access_token` of `POST /auth/login`.".to_owned());
    let mut components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .security_scheme("oauth2", client_credentials());
    for (name, _, text) in ERRORS {
        components = components.response(*name, problem_response(text));
    }
    components = components.response(OAUTH_ERROR, oauth_response());
    components.build()
}

/// What an operation takes for a proof: the token of a log-in, or that of an API client.
fn security(needs: Needs) -> Vec<SecurityRequirement> {
    let bearer = SecurityRequirement::new("bearer", Vec::<String>::new());
    let client = |scopes: Vec<&str>| SecurityRequirement::new("oauth2", scopes);
    match needs {
        Needs::Session => vec![bearer],
        Needs::Nothing => vec![bearer, client(Vec::new())],
        Needs::Scope(scope) => vec![bearer, client(vec![scope.as_str()])],
    }
}

fn client_credentials() -> SecurityScheme {
    let scopes = Scope::ALL.iter().map(|scope| (scope.as_str(), scope.meaning()));
    let flow = ClientCredentials::new(oauth::TOKEN_PATH, Scopes::from_iter(scopes));
    let text = "For API clients: `client_id` and `client_secret` of `POST /api-clients`.";
    SecurityScheme::OAuth2(OAuth2::with_description([Flow::ClientCredentials(flow)], text))
}

fn refer_to_item(page: &mut RefOr<Schema>, item: &str) {
    let RefOr::T(Schema::Object(page)) = page else { return };
    if let Some(RefOr::T(Schema::Array(data))) = page.properties.get_mut("data") {
        let item = RefOr::Ref(Ref::from_schema_name(item));
        data.items = ArrayItems::RefOrSchema(Box::new(item));
    }
}

/// The name of the one response for the errors of `/oauth/token`.
const OAUTH_ERROR: &str = "OAuthError";

fn oauth_response() -> Response {
    let schema = Ref::from_schema_name("OAuthError");
    ResponseBuilder::new()
        .description("There is no token: `error` says why (RFC 6749, section 5.2).")
        .content("application/json", Content::new(Some(schema)))
        .build()
}

fn problem_response(text: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    ResponseBuilder::new()
        .description(text)
        .content(PROBLEM_JSON, Content::new(Some(schema)))
        .build()
}

/// Adds to an operation what follows from its kind: the errors it can give, conditional headers.
fn complete(mut operation: Operation, path: &str, method: &HttpMethod) -> Operation {
    let is_read = *method == HttpMethod::Get;
    let is_patch = *method == HttpMethod::Patch;
    // utoipa writes "none needed" as an empty requirement; the empty list is what tools expect.
    let public = operation.security.is_some();
    if public {
        operation.security = Some(Vec::new());
    }
    let one = path.ends_with('}');
    if is_patch {
        // RFC 7396 has a media type of its own; plain JSON is taken for the same.
        if let Some(RefOr::T(body)) = &mut operation.request_body
            && let Some(content) = body.content.get("application/json").cloned()
        {
            body.content.insert("application/merge-patch+json".to_owned(), content);
        }
        let text = "The ETag of the resource as it was read, or `*`.";
        push(&mut operation, header("If-Match", text, Required::True));
    }
    if is_read && one {
        let text = "The ETag of the resource as it was read: 304 if it is still that.";
        push(&mut operation, header("If-None-Match", text, Required::False));
        let unchanged = ResponseBuilder::new().description("It is as it was read.").build();
        operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
    }
    let tagged =
        (is_read && one) || is_patch || path.ends_with("/start") || path.ends_with("/completion");
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if (status == "200" && tagged) || status == "201" || status == "304" {
            let text = "The version, for If-Match and If-None-Match.";
            response.headers.insert("ETag".to_owned(), text_header(text));
        }
        if status == "201" {
            response.headers.insert("Location".to_owned(), text_header("Where it is."));
        }
    }
    let oauth = path == oauth::TOKEN_PATH;
    for (name, status, _) in ERRORS {
        let can = match *status {
            "401" => !public || oauth,
            "403" => !public,
            "404" => path.contains('{'),
            "412" | "428" => is_patch,
            "422" => !is_read && !oauth,
            "413" | "415" => !is_read,
            _ => true,
        };
        if can {
            let name = if oauth { OAUTH_ERROR } else { *name };
            let response = RefOr::Ref(Ref::from_response_name(name));
            operation.responses.responses.entry((*status).to_owned()).or_insert(response);
        }
    }
    operation
}

fn push(operation: &mut Operation, parameter: Parameter) {
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
}

fn header(name: &str, text: &str, required: Required) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(text))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn text_header(text: &str) -> RefOr<Header> {
    let mut header = Header::new(ObjectBuilder::new().schema_type(Type::String).build());
    header.description = Some(text.to_owned());
    RefOr::T(header)
}
