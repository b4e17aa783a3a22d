//! The document (OpenAPI 3.1): made of the handlers, with what is the same for all of them added
//! by rule.

pub mod docs;
mod errors;
mod examples;
mod headers;
mod links;
mod operations;
mod schemas;

use std::sync::OnceLock;

use utoipa::{
    ToSchema,
    openapi::{
        Components, ComponentsBuilder, ContactBuilder, HttpMethod, InfoBuilder, LicenseBuilder,
        ObjectBuilder, OpenApi, OpenApiBuilder, PathItem, Paths, Ref, RefOr, Required,
        ResponseBuilder, Schema, ServerBuilder, Type,
        extensions::Extensions,
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
    http::{
        etag::CONDITION_MAX,
        idempotency::KEY_MAX,
        problem::{Problem, ProblemField},
    },
    session::oauth_error::{OAuthError, OAuthErrorCode, TOKEN_PATH},
};
use crate::domain::{policy::Needs, scope::Scope};
use errors::ERRORS;

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

const BEARER: &str = "The `access_token` of `POST /auth/login`: a JWT, signed with HS256 and nothing \
else, with issuer, audience and expiry checked, as RFC8725 asks for.";

/// What `If-Match` may be: `*`, or entity tags (RFC 9110, section 13.1.1).
const ENTITY_TAGS: &str = r#"^(\*|[ ,]*(W/)?"[!#-~]*"( *,[ ,]*(W/)?"[!#-~]*")*[ ,]*)$"#;

/// What `If-None-Match` may be: whatever can't be read is ignored.
const ANY_TEXT: &str = r"^[^\x00]*$";

/// What `Idempotency-Key` may be: quoted, or bare.
const KEY: &str = r#"^("[ !#-\[\]-~]{1,255}"|[!#-~]([ -~]{0,253}[!-~])?)$"#;
const KEY_EXAMPLE: &str = "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"";

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
    let components = components(schemas);
    let links: Vec<links::Known> = paths
        .paths
        .iter_mut()
        .flat_map(|(path, item)| operations::of_path(item).map(|it| links::Known::of(path, it)))
        .collect();
    for item in paths.paths.values_mut() {
        for operation in operations::of_path(item) {
            operations::link(operation, &links);
            operations::relax(operation, &components.schemas);
            operations::illustrate(operation, &components.schemas);
            operations::bound(operation);
        }
    }
    let info = InfoBuilder::new()
        .title("Daybook")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .contact(Some(ContactBuilder::new().name(Some("Whoever runs this installation")).build()))
        .license(Some(
            LicenseBuilder::new()
                .name("Apache-2.0")
                .url(Some("https://www.apache.org/licenses/LICENSE-2.0"))
                .build(),
        ))
        .build();
    let server = ServerBuilder::new()
        .url("/")
        .description(Some("This installation, be it local, for testing or in production."))
        .extensions(Some(Extensions::builder().add("x-internal", false).build()))
        .build();
    let tags = TAGS
        .iter()
        .map(|(name, text)| TagBuilder::new().name(*name).description(Some(*text)).build());
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([server]))
        .paths(paths)
        .components(Some(components))
        .security(Some([SecurityRequirement::new("bearer", Vec::<String>::new())]))
        .tags(Some(tags))
        .build()
}

fn problem_schema<T: ToSchema>() -> (String, RefOr<Schema>) {
    (T::name().into_owned(), T::schema())
}

fn components(mut all: Vec<(String, RefOr<Schema>)>) -> Components {
    all.sort_by(|one, other| one.0.cmp(&other.0));
    for (name, schema) in &mut all {
        if let Some(item) = PAGED.iter().find(|item| *name == format!("Page_{item}")) {
            refer_to_item(schema, item);
        }
        schemas::bound(name, schema);
    }
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("JWT".to_owned());
    bearer.description = Some(BEARER.to_owned());
    let mut components = ComponentsBuilder::new()
        .schemas_from_iter(all)
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .security_scheme("oauth2", client_credentials())
        .response(OAUTH_ERROR, errors::oauth());
    for (name, status, text) in ERRORS {
        components = components.response(*name, errors::shared(status, text));
    }
    let mut components = components.build();
    components.headers.extend(headers::all());
    components
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
    let flow = ClientCredentials::new(TOKEN_PATH, Scopes::from_iter(scopes));
    let text = "For API clients: `client_id` and `client_secret` of `POST /api-clients`. The token \
                is a JWT as RFC8725 asks for, good for 15 minutes.";
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

/// Adds to an operation what follows from its kind: the errors it can give, conditional headers.
fn complete(mut operation: Operation, path: &str, method: &HttpMethod) -> Operation {
    let is_read = *method == HttpMethod::Get;
    let is_patch = *method == HttpMethod::Patch;
    // utoipa writes "none needed" as an empty requirement; the empty list is what tools expect.
    let public = operation.security.is_some();
    if public {
        operation.security = Some(Vec::new());
    }
    let is_post = *method == HttpMethod::Post;
    if is_post {
        let text = "Of your choice, the same when you send the request again because you got no \
                    answer: it is done once, and you get the first answer, for 24 hours.";
        let name = "Idempotency-Key";
        push(&mut operation, request_header(name, KEY, KEY_MAX + 2, KEY_EXAMPLE, text));
    }
    if !is_read {
        // Also what lets openapi-python-client make sense of a PATCH with two media types.
        let text = "The id of the request, of your choice, to find it in the log of the service. \
                    One that is not fit for that is replaced.";
        let example = "01977f3e-5c00-7000-8000-0000000000aa";
        push(
            &mut operation,
            request_header("X-Request-Id", ANY_TEXT, CONDITION_MAX, example, text),
        );
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
        push(&mut operation, header("If-Match", ENTITY_TAGS, text, Required::True));
    }
    if is_read && one {
        let text = "The ETag of the resource as it was read: 304 if it is still that.";
        push(&mut operation, header("If-None-Match", ANY_TEXT, text, Required::False));
        let unchanged = ResponseBuilder::new().description("It is as it was read.").build();
        operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
    }
    let tagged =
        (is_read && one) || is_patch || path.ends_with("/start") || path.ends_with("/completion");
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        match status.as_str() {
            "201" => headers::add(response, &["ETag", "Location"]),
            "200" | "304" if tagged => headers::add(response, &["ETag"]),
            _ => errors::complete(response, status, path),
        }
    }
    let oauth = path == TOKEN_PATH;
    for (name, status, _) in ERRORS {
        let can = match *status {
            "401" => !public || oauth,
            "403" => !public,
            "404" => path.contains('{'),
            "409" => is_post,
            "412" | "428" => is_patch,
            "413" | "415" | "422" => !is_read,
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

/// A header that a request has, or may have, with an entity tag for an example.
fn header(name: &str, pattern: &str, text: &str, required: Required) -> Parameter {
    let header = request_header(name, pattern, CONDITION_MAX, "\"1\"", text);
    ParameterBuilder::from(header).required(required).build()
}

/// A header that a request may have.
fn request_header(name: &str, pattern: &str, max: usize, example: &str, text: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(text))
        .schema(Some(schema.max_length(Some(max))))
        .example(Some(example.into()))
        .build()
}
