//! The parameters that follow from the kind of an operation: headers of requests, ids in paths.

use utoipa::openapi::{
    HttpMethod, ObjectBuilder, RefOr, Required, Type,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
};

use super::text::ANY;
use crate::{
    api::http::{etag::CONDITION_MAX, idempotency::KEY_MAX},
    domain::examples,
};

/// What `If-Match` may be: `*`, or entity tags (RFC 9110, section 13.1.1).
const ENTITY_TAGS: &str = r#"^(\*|[ ,]*(W/)?"[!#-~]*"( *,[ ,]*(W/)?"[!#-~]*")*[ ,]*)$"#;
/// What `Idempotency-Key` may be: quoted, or bare.
const KEY: &str = r#"^("[ !#-\[\]-~]{1,255}"|[!#-~]([ -~]{0,253}[!-~])?)$"#;
const KEY_EXAMPLE: &str = "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"";

/// Adds the headers of requests, and describes the ids in the path.
pub fn complete(operation: &mut Operation, path: &str, method: &HttpMethod) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(it) = parameter
            && it.parameter_in == ParameterIn::Path
        {
            *it = with_noun(it.clone());
        }
    }
    let mut push = |it: ParameterBuilder| {
        operation.parameters.get_or_insert_default().push(RefOr::T(it.build()));
    };
    if *method == HttpMethod::Post {
        let text = "Of your choice. Send it again with a request whose response you did not get: for 24 \
                    hours, the request runs once, and you get the first response.";
        push(header("Idempotency-Key", KEY, KEY_MAX + 2, KEY_EXAMPLE, text));
    }
    if *method != HttpMethod::Get {
        // Also what lets openapi-python-client make sense of a PATCH with two media types.
        let text = "The id of the request, of your choice, to find it in the log of the service. \
                    An invalid one is replaced.";
        push(header("X-Request-Id", ANY, CONDITION_MAX, examples::REQUEST, text));
    }
    if *method == HttpMethod::Patch {
        let text = "The ETag of the resource as it was read, or `*`.";
        let header = header("If-Match", ENTITY_TAGS, CONDITION_MAX, "\"1\"", text);
        push(header.required(Required::True));
    }
    if *method == HttpMethod::Get && path.ends_with('}') {
        // What can't be read is ignored.
        let text = "The ETag of the resource as it was read: 304 if it is still that.";
        push(header("If-None-Match", ANY, CONDITION_MAX, "\"1\"", text));
    }
}

/// A header that a request may have.
fn header(name: &str, pattern: &str, max: usize, example: &str, text: &str) -> ParameterBuilder {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(text))
        .schema(Some(schema.max_length(Some(max))))
        .example(Some(example.into()))
}

/// An id in a path, with what it identifies and an example.
fn with_noun(parameter: Parameter) -> Parameter {
    let noun = match parameter.name.trim_end_matches("_id") {
        "plan" => "learning plan".to_owned(),
        "client" => "API client".to_owned(),
        noun => noun.replace('_', " "),
    };
    let text = parameter.description.clone().unwrap_or(format!("The id of the {noun}."));
    let example = examples::id(&parameter.name);
    ParameterBuilder::from(parameter).description(Some(text)).example(Some(example.into())).build()
}
