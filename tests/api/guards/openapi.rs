//! Guard: the OpenAPI document is complete, consistent, and what the service does.

use std::collections::BTreeSet;

use daybook::domain::{
    entry::Action,
    limits::{
        BATCH_CHANGES_MAX, BATCH_MAX, EMAIL_MAX, GRADE_MAX, HOURS_MAX, IMPORT_LINES_MAX,
        OVERLAP_SECONDS_MAX, PAGE_MAX, PARTS_MAX, PASSWORD_MAX, PERMISSIONS_MAX,
        PROBLEM_INSTANCE_MAX, SCOPES_MAX, SUPERVISORS_MAX, TOKEN_MAX, VALIDITY_DAYS_MAX,
    },
    scope::Scope,
};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::JSON,
    contract::{Operation, document, is_valid, operations, resolve},
    samples::{Fixture, sample_path},
};

#[test]
fn the_committed_document_is_the_one_that_is_served_and_printed() {
    let committed =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json"));
    let committed = committed.unwrap();
    let served = TestApp::start().stranger().get("/openapi.json");
    assert_eq!(served.status, 200);
    assert!(served.text == committed, "run: make openapi-write");
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_daybook")).arg("openapi").output();
    assert!(printed.unwrap().stdout == committed.as_bytes());
}

#[test]
fn no_operation_and_no_schema_was_dropped_as_a_double() {
    // utoipa drops doubles without a word, so their numbers are written down here.
    const HINT: &str = "If you added some, change the number here; otherwise utoipa dropped one";
    assert_eq!(operations().len(), 67, "operations. {HINT}");
    let schemas = document()["components"]["schemas"].as_object().unwrap();
    assert_eq!(schemas.len(), 122, "schemas. {HINT}: {:?}", schemas.keys());
    let ids: BTreeSet<&str> = operations().iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), operations().len(), "two operations have one id");
}

#[test]
fn everything_that_the_document_refers_to_is_in_it() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    match field.as_str().filter(|it| name == "$ref" || it.starts_with("#/")) {
                        Some(reference) => drop(found.insert(reference.to_owned())),
                        None => references(field, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(document(), &mut found);
    for reference in &found {
        let there = document().pointer(reference.trim_start_matches('#'));
        assert!(there.is_some(), "{reference} is not there");
    }
    for kind in ["schemas", "responses"] {
        for name in document()["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(found.contains(&reference), "nothing refers to {reference}");
        }
    }
}

#[test]
fn every_operation_has_a_summary_a_tag_its_errors_and_says_who_may_call_it() {
    let tags: BTreeSet<&str> = document()["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    for Operation { method, path, spec: operation, .. } in operations() {
        let name = format!("{method} {path}");
        assert!(operation["summary"].is_string(), "{name}");
        assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{name}");
        for status in ["400", "406", "500", "503", "default"] {
            assert!(operation["responses"][status].is_object(), "{name} {status}");
        }
        let public = operation["security"] == json!([]);
        assert_eq!(public, PUBLIC.contains(&path), "{name}");
        let needs_no_token = public && path.starts_with("/ledger/");
        assert_eq!(operation["responses"]["401"].is_object(), !needs_no_token, "{name}");
    }
}

/// What needs no token: to get one, and to check the ledger.
const PUBLIC: [&str; 6] = [
    "/auth/login",
    "/auth/refresh",
    "/oauth/token",
    "/ledger/checkpoint",
    "/ledger/key",
    "/ledger/consistency",
];

#[test]
fn every_response_field_is_required_and_every_request_refuses_unknown_fields() {
    for (name, schema) in document()["components"]["schemas"].as_object().unwrap() {
        let Some(properties) = schema["properties"].as_object() else { continue };
        // RFC 6749 has parameters that it does not know ignored, and each but one may be missing.
        if name == "TokenForm" {
            continue;
        }
        let is_request = name.starts_with("New")
            || name.ends_with("Patch")
            || name.ends_with("Request")
            || name == "Completion";
        if is_request {
            assert_eq!(schema["additionalProperties"], false, "{name}");
        } else if !name.starts_with("Problem") {
            let required = schema["required"].as_array().unwrap();
            assert_eq!(required.len(), properties.len(), "{name} has fields that may be missing");
        }
    }
}

#[test]
fn the_examples_of_the_document_are_what_its_schemas_say() {
    for (name, schema) in document()["components"]["schemas"].as_object().unwrap() {
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        let several = schema["examples"].as_array().into_iter().flatten();
        for example in schema.get("example").into_iter().chain(several) {
            assert!(is_valid(&reference, example), "the example of {name}");
        }
    }
}

#[test]
fn literal_bounds_of_the_document_are_the_constants() {
    // utoipa takes only literals for these; the lengths of texts come from the constants already.
    let bounds = [
        ("NewCertification", "course_ids", "maxItems", PARTS_MAX as f64),
        ("CertificationPatch", "course_ids", "maxItems", PARTS_MAX as f64),
        ("Certification", "course_ids", "maxItems", PARTS_MAX as f64),
        ("NewLearningPlan", "certification_ids", "maxItems", PARTS_MAX as f64),
        ("LearningPlanPatch", "certification_ids", "maxItems", PARTS_MAX as f64),
        ("LearningPlan", "certification_ids", "maxItems", PARTS_MAX as f64),
        ("NewUser", "supervisor_ids", "maxItems", SUPERVISORS_MAX as f64),
        ("UserPatch", "supervisor_ids", "maxItems", SUPERVISORS_MAX as f64),
        ("User", "supervisor_ids", "maxItems", SUPERVISORS_MAX as f64),
        ("NewApiClient", "scopes", "maxItems", SCOPES_MAX as f64),
        ("ApiClientPatch", "scopes", "maxItems", SCOPES_MAX as f64),
        ("ApiClient", "scopes", "maxItems", SCOPES_MAX as f64),
        ("MembershipRequest", "permissions", "maxItems", PERMISSIONS_MAX as f64),
        ("GroupMember", "permissions", "maxItems", PERMISSIONS_MAX as f64),
        ("NewBatch", "items", "maxItems", BATCH_MAX as f64),
        ("BatchReport", "data", "maxItems", BATCH_MAX as f64),
        ("NewBatchEntry", "changes", "maxItems", BATCH_CHANGES_MAX as f64),
        ("ImportReport", "data", "maxItems", IMPORT_LINES_MAX as f64),
        ("NewCertification", "validity_days", "maximum", VALIDITY_DAYS_MAX as f64),
        ("CertificationPatch", "validity_days", "maximum", VALIDITY_DAYS_MAX as f64),
        ("Certification", "validity_days", "maximum", VALIDITY_DAYS_MAX as f64),
        ("EnrollmentPatch", "grade", "maximum", GRADE_MAX),
        ("Completion", "grade", "maximum", GRADE_MAX),
        ("Enrollment", "grade", "maximum", GRADE_MAX),
        ("NewExternalTraining", "hours", "maximum", HOURS_MAX),
        ("ExternalTraining", "hours", "maximum", HOURS_MAX),
        ("RotationRequest", "overlap_seconds", "maximum", OVERLAP_SECONDS_MAX as f64),
        ("LogInRequest", "email", "maxLength", EMAIL_MAX as f64),
        ("LogInRequest", "password", "maxLength", PASSWORD_MAX as f64),
        ("RefreshRequest", "refresh_token", "maxLength", TOKEN_MAX as f64),
        ("TokenForm", "scope", "maxLength", TOKEN_MAX as f64),
        ("TokenForm", "client_id", "maxLength", TOKEN_MAX as f64),
        ("TokenForm", "client_secret", "maxLength", TOKEN_MAX as f64),
        ("Problem", "instance", "maxLength", PROBLEM_INSTANCE_MAX as f64),
    ];
    for (schema, field, keyword, bound) in bounds {
        let property = &document()["components"]["schemas"][schema]["properties"][field];
        assert_eq!(property[keyword].as_f64(), Some(bound), "{schema}.{field}.{keyword}");
    }
    let limit = document()["paths"]["/users"]["get"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "limit");
    assert_eq!(limit.unwrap()["schema"]["maximum"], PAGE_MAX);
    assert_eq!(SCOPES_MAX as usize, Scope::ALL.len());
}

#[test]
fn a_note_is_a_manual_entry_and_no_system_entry_has_its_action() {
    let schemas = &document()["components"]["schemas"];
    let log = &document()["paths"]["/users/{user_id}/activity"];
    let note = &document()["paths"]["/users/{user_id}/activity/{entry_id}"];
    for response in [&log["post"]["responses"]["201"], &note["patch"]["responses"]["200"]] {
        let schema = &response["content"]["application/json"]["schema"];
        assert_eq!(*schema, json!({"$ref": "#/components/schemas/ManualEntry"}));
    }
    let actions = |name: &str| {
        let reference = schemas[name]["properties"]["action"]["$ref"].as_str().unwrap();
        document().pointer(&reference[1..]).unwrap()["enum"].as_array().unwrap()
    };
    assert_eq!(*actions("ManualEntry"), [json!("note")]);
    let system = actions("SystemEntry");
    assert_eq!(system.len(), Action::ALL.len() - 1);
    assert!(!system.contains(&json!("note")));
}

#[test]
fn the_bounds_of_the_document_are_those_of_the_service() {
    let app = TestApp::start();
    let admin = app.admin();
    let fixture = Fixture::new(&app);
    let mut tried = 0;
    for operation in operations() {
        let schema = &operation.spec["requestBody"]["content"]["application/json"]["schema"];
        let Some(reference) = schema["$ref"].as_str() else { continue };
        let schema = document().pointer(reference.trim_start_matches('#')).unwrap();
        let path = sample_path(&fixture, &operation);
        for (field, property) in schema["properties"].as_object().unwrap() {
            for (value, code) in out_of_bounds(property) {
                // Every other field as the example has it, so that only this one is wrong.
                let mut body = schema["example"].clone();
                body[field] = value;
                let headers = [JSON, ("if-match", "*")];
                let answer =
                    admin.send(&operation.method, &path, &headers, Some(&body.to_string()));
                answer.invalid(&format!("/{field}"), code);
                tried += 1;
            }
        }
    }
    assert!(tried > 25, "only {tried} bounds were tried");
}

/// Values just outside the bounds of a property, with the code that each has to give.
fn out_of_bounds(property: &Value) -> Vec<(Value, &'static str)> {
    let mut values = Vec::new();
    // An address is too long and still an address.
    let email = property["format"] == "email";
    if let Some(max) = property["maxLength"].as_u64() {
        let text = if email { format!("a@{}.example", "b.".repeat(200)) } else { String::new() };
        let text = if email { text } else { "é".repeat(max as usize + 1) };
        values.push((json!(text), if email { "invalid_email" } else { "too_long" }));
    }
    if let Some(min) = property["minLength"].as_u64() {
        values.push((json!("é".repeat(min as usize - 1)), "too_short"));
    }
    let whole = property["type"].to_string().contains("integer");
    let beyond = |bound: f64, step: f64| {
        if whole { json!((bound + 2.0 * step) as i64) } else { json!(bound + step) }
    };
    if let Some(max) = property["maximum"].as_f64() {
        values.push((beyond(max, 0.5), "out_of_range"));
    }
    if let Some(min) = property["minimum"].as_f64() {
        values.push((beyond(min, -0.5), "out_of_range"));
    }
    if let Some(max) = property["maxItems"].as_u64() {
        let item = property["items"]["$ref"].as_str().unwrap_or_default();
        let id = match item.rsplit('/').next().unwrap_or_default() {
            "GroupPermission" => "manage_users",
            "Scope" => "users:read",
            _ => "01977f3e-5c00-7000-8000-000000000000",
        };
        values.push((json!(vec![id; max as usize + 1]), "too_many"));
    }
    values
}

#[test]
fn every_operation_has_descriptions_and_examples_and_each_201_has_links() {
    for Operation { method, path, spec: operation, .. } in operations() {
        let name = format!("{method} {path}");
        assert!(operation["description"].is_string(), "{name} has no description");
        assert!(operation["responses"]["429"].is_object(), "{name}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{name} {}", parameter["name"]);
        }
        let mut contents_of = vec![&operation["requestBody"]];
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolve(response);
            assert!(response["headers"]["RateLimit"].is_object(), "{name} {status}");
            assert!(status != "201" || response["links"].is_object(), "{name} has no links");
            contents_of.push(response);
        }
        let contents = contents_of.iter().filter_map(|it| it["content"].as_object()).flatten();
        for (media_type, content) in contents {
            let one = content.get("example").into_iter();
            let named = content["examples"].as_object().into_iter().flatten();
            let examples: Vec<&Value> = one.chain(named.map(|(_, it)| &it["value"])).collect();
            let is_any_problem = content["schema"]["$ref"] == "#/components/schemas/Problem";
            assert!(is_any_problem || !examples.is_empty(), "{name} {media_type} has no example");
            for example in examples {
                assert!(is_valid(&content["schema"], example), "{name}: {example}");
            }
        }
    }
}
