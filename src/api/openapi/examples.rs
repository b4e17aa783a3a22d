//! Examples of requests and answers: one story, told with the people of the demo data.
//!
//! Sam did not finish a course; an administrator, Cristiano, forces it to completion, and says why
//! in a note. What is not told here is put together of the examples of its fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{
    Content, RefOr, Schema,
    path::Operation,
    schema::{ArrayItems, Object, SchemaType, Type},
};

use super::operations::component_name;
use crate::api::activity::export_format::Form;

/// The schemas of the document, by name.
pub type Schemas = BTreeMap<String, RefOr<Schema>>;

const MADE: &str = "2026-06-01T08:00:00.000Z";
const DONE: &str = "2026-06-12T15:30:00.000Z";
const NOTED: &str = "2026-06-30T09:15:00.000Z";

/// The id that a parameter or a field of this name has in every example.
pub fn id(name: &str) -> &'static str {
    match name {
        "user_id" | "user" => "01977f3e-5c00-7000-8000-000000000001",
        "enrollment_id" => "01977f3e-5c00-7000-8000-000000000002",
        "entry_id" | "relates_to" => "01977f3e-5c00-7000-8000-000000000003",
        "note_id" => "01977f3e-5c00-7000-8000-000000000004",
        "plan_id" => "01977f3e-5c00-7000-8000-000000000005",
        "certification_id" => "01977f3e-5c00-7000-8000-000000000006",
        "group_id" | "home_group_id" => "01977f3e-5c00-7000-8000-000000000007",
        "administrator" | "entered_by" => "01977f3e-5c00-7000-8000-000000000008",
        "supervisor" | "supervisor_id" => "01977f3e-5c00-7000-8000-000000000009",
        "client_id" => "01977f3e-5c00-7000-8000-00000000000b",
        "api_user" => "01977f3e-5c00-7000-8000-00000000000c",
        "secret_id" => "01977f3e-5c00-7000-8000-00000000000d",
        "training_id" => "01977f3e-5c00-7000-8000-00000000000a",
        _ => "01977f3e-5c00-7000-8000-000000000000",
    }
}

fn administrator() -> Value {
    json!({"id": id("administrator"), "name": "Cristiano Ferreira", "kind": "person"})
}

/// The example of what a schema describes.
pub fn of(name: &str, schemas: &Schemas) -> Value {
    if let Some(item) = name.strip_prefix("Page_") {
        let page = json!({"next_cursor": null, "has_more": false, "total_count": null});
        return json!({"data": [of(item, schemas)], "page": page});
    }
    told(name).unwrap_or_else(|| {
        schemas.get(name).map_or(Value::Null, |it| put_together("", it, schemas))
    })
}

/// The example of a resource, with the times and the id that each one has.
fn resource(of: &str, fields: Value) -> Value {
    let mut all = json!({"id": id(of), "created_at": MADE, "updated_at": MADE});
    if let (Value::Object(all), Value::Object(fields)) = (&mut all, fields) {
        all.extend(fields);
    }
    all
}

const SECRET: &str = "dbk_3f6c9a1e5b7d4c2f8a0e1d3b5c7f9a2e4d6b8c0f1a3e5d7b9c1f3a5e7d9b0c2f";

fn api_client() -> Value {
    resource(
        "client_id",
        json!({
            "name": "HR system", "user_id": id("api_user"), "client_id": id("client_id"),
            "scopes": ["users:read", "users:write", "activity:write"], "last_used_at": DONE,
            "revoked_at": null,
        }),
    )
}

fn told(name: &str) -> Option<Value> {
    Some(match name {
        "SessionTokens" => json!({
            "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJkYXlib29rIn0.c2lnbmVk",
            "token_type": "Bearer",
            "expires_in": 900,
            "refresh_token": "4f1c0a9d5be24c7d8a1f3e6b7c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f70819",
        }),
        "User" => resource(
            "user_id",
            json!({
                "email": "sam.rivera@example.com", "given_name": "Sam", "surname": "Rivera",
                "name": "Sam Rivera", "kind": "person", "employee_id": null, "status": "active",
                "role": "learner", "time_zone": "UTC", "home_group_id": null,
                "supervisor_ids": [],
            }),
        ),
        "Creator" => json!({"id": id("supervisor"), "name": "Anna Lindqvist", "kind": "person"}),
        "Course" => resource(
            "course_id",
            json!({
                "title": "Security Basics", "type": "scorm", "status": "active",
            }),
        ),
        "Certification" => resource(
            "certification_id",
            json!({
                "name": "Forklift Driver", "course_ids": [id("course_id")], "validity_days": 365,
            }),
        ),
        "LearningPlan" => resource(
            "plan_id",
            json!({
                "name": "Forklift Training", "certification_ids": [id("certification_id")],
            }),
        ),
        "Group" => resource("group_id", json!({"name": "Leadership", "status": "active"})),
        "ExternalTraining" => resource(
            "training_id",
            json!({
                "title": "First Aid at Work", "completed_on": "2026-06-30",
                "provider": "Red Cross", "hours": 7.5,
            }),
        ),
        "Enrollment" => resource(
            "enrollment_id",
            json!({
                "user_id": id("user_id"), "course_id": id("course_id"), "status": "completed",
                "source": "admin", "due_at": "2026-12-31T23:59:59.000Z",
                "started_at": "2026-06-02T10:00:00.000Z", "completed_at": DONE,
                "completion_method": "forced", "grade": null, "result": null, "updated_at": DONE,
            }),
        ),
        "AssignedLearningPlan" => json!({
            "plan": {"id": id("plan_id"), "name": "Forklift Training"}, "status": "not_met",
            "source": "admin", "assigned_at": MADE, "met_at": null,
        }),
        "CertificationStanding" => json!({
            "certification": {"id": id("certification_id"), "name": "Forklift Driver"},
            "status": "met", "met_at": DONE, "expires_at": "2027-06-12T15:30:00.000Z",
        }),
        "ApiClient" => api_client(),
        "CreatedApiClient" => {
            let mut made = api_client();
            made["client_secret"] = SECRET.into();
            made["last_used_at"] = Value::Null;
            made
        }
        "CreatedApiClientSecret" => json!({
            "id": id("secret_id"), "created_at": MADE, "client_id": id("client_id"),
            "client_secret": SECRET,
        }),
        "AccessToken" => json!({
            "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJkYXlib29rIn0.c2lnbmVk",
            "token_type": "Bearer",
            "expires_in": 900,
            "scope": "activity:read activity:write",
        }),
        "GroupMember" => json!({
            "group_id": id("group_id"), "user_id": id("user_id"),
            "permissions": ["view_learner_results"],
        }),
        "SystemEntry" => json!({
            "id": id("entry_id"), "user_id": id("user_id"), "type": "system",
            "action": "enrollment.forced_complete", "occurred_at": DONE, "recorded_at": DONE,
            "created_by": null, "entered_by": administrator(), "source": "admin",
            "relates_to": null,
            "description": "The enrollment of Sam Rivera in “Security Basics” was set to completed.",
            "target": {"type": "course", "id": id("course_id"), "name": "Security Basics"},
            "changes": [{"field": "status", "before": "in_progress", "after": "completed"}],
            "external_id": null,
        }),
        "ManualEntry" | "ActivityEntry" => json!({
            "id": id("note_id"), "user_id": id("user_id"), "type": "manual", "action": "note",
            "occurred_at": DONE, "recorded_at": NOTED, "created_by": administrator(),
            "entered_by": administrator(), "source": "admin", "relates_to": id("entry_id"),
            "notes": "Sam completed the live version of this course.", "revision": 1,
            "edited_at": null, "edited_by": null,
        }),
        "Revision" => json!({
            "revision": 1, "notes": "Sam completed the live version of this course.",
            "occurred_at": DONE, "created_by": administrator(), "relates_to": id("entry_id"),
            "replaced_by": administrator(), "replaced_at": NOTED,
        }),
        "ActionMeaning" => json!({
            "action": "enrollment.forced_complete", "family": "enrollment", "type": "system",
            "description": "Somebody set a course to completed.",
        }),
        "BatchReport" => json!({
            "data": [{
                "index": 0, "outcome": "created", "entry_id": id("entry_id"), "errors": [],
            }],
        }),
        "ImportReport" => json!({
            "data": [{"line": 2, "outcome": "created", "user_id": id("user_id"), "errors": []}],
            "summary": {"created": 1, "updated": 0, "unchanged": 0, "invalid": 0},
        }),
        _ => return None,
    })
}

/// The example of what an operation is asked for in JSON; null where there is none.
pub fn of_request(operation: &Operation) -> Value {
    let body = operation.request_body.as_ref();
    let content = body.and_then(|body| match body {
        RefOr::T(body) => body.content.get("application/json"),
        RefOr::Ref(_) => None,
    });
    match content {
        Some(RefOr::T(Content { example: Some(example), .. })) => example.clone(),
        _ => Value::Null,
    }
}

/// Makes the example of an answer follow from the request's: what was asked for, is so.
pub fn follow(answer: &mut Value, asked: &Value, operation_id: &str) {
    let Some(answer) = answer.as_object_mut() else { return };
    let effect = match operation_id {
        "enroll_user" => json!({
            "status": "enrolled", "started_at": null, "completed_at": null,
            "completion_method": null, "updated_at": MADE,
        }),
        "start_enrollment" | "update_enrollment" => json!({
            "status": "in_progress", "completed_at": null, "completion_method": null,
        }),
        "edit_note" => json!({"revision": 2, "edited_at": NOTED, "edited_by": administrator()}),
        _ => json!({}),
    };
    for (field, value) in asked.as_object().into_iter().chain(effect.as_object()).flatten() {
        if let Some(old) = answer.get_mut(field) {
            *old = value.clone();
        }
    }
    if let (Some(given), Some(surname)) = (answer.get("given_name"), answer.get("surname")) {
        let names = [given, surname].map(|it| it.as_str().unwrap_or_default());
        let name = names.join(" ");
        answer.insert("name".to_owned(), name.into());
    }
}

/// The example of a text that is no JSON, by its media type.
pub fn of_text(media_type: &str) -> Option<Value> {
    let entry = || told("ManualEntry").unwrap_or_default();
    Some(match media_type {
        "application/x-ndjson" => format!("{}\n", entry()).into(),
        "text/csv" => csv_file().into(),
        _ => return None,
    })
}

/// A file with the note of the story, as `export_form` writes it.
fn csv_file() -> String {
    let form = Form::Csv(chrono_tz::Tz::UTC);
    let line = [
        [id("note_id"), id("user_id"), "manual", "note", DONE, NOTED].join(","),
        [id("administrator"), "Cristiano Ferreira", "person"].join(","),
        [id("administrator"), "Cristiano Ferreira", "person"].join(","),
        ["admin", id("entry_id"), "", "", "", "", "", ""].join(","),
        "Sam completed the live version of this course.,1,,,,\r\n".to_owned(),
    ];
    let parts = [form.head(), Ok(line.join(",").into_bytes())];
    let bytes: Vec<u8> = parts.into_iter().flatten().flatten().collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn put_together(name: &str, schema: &RefOr<Schema>, schemas: &Schemas) -> Value {
    match schema {
        RefOr::Ref(to) => match component_name(&to.ref_location) {
            "Id" => id(name).into(),
            component => of(component, schemas),
        },
        RefOr::T(Schema::Array(array)) => match &array.items {
            ArrayItems::RefOrSchema(items) => json!([put_together(name, items, schemas)]),
            _ => json!([]),
        },
        RefOr::T(Schema::Object(object)) => of_object(object, schemas),
        // What may be null is told by what it is when it is not.
        RefOr::T(Schema::OneOf(of)) => {
            of.items.first().map_or(Value::Null, |it| put_together(name, it, schemas))
        }
        RefOr::T(_) => Value::Null,
    }
}

fn of_object(object: &Object, schemas: &Schemas) -> Value {
    let words = object.enum_values.iter().flatten();
    let own = object.example.iter().chain(&object.examples).chain(&object.default).chain(words);
    if let Some(example) = own.into_iter().next() {
        return example.clone();
    }
    // What may be null without having an example is null.
    let is = |wanted: Type| match &object.schema_type {
        SchemaType::Type(it) => *it == wanted,
        SchemaType::Array(many) => wanted == Type::Null && many.contains(&wanted),
        SchemaType::AnyValue => wanted == Type::Null,
    };
    match () {
        () if is(Type::Null) => Value::Null,
        () if is(Type::Boolean) => Value::Bool(true),
        () if is(Type::Integer) || is(Type::Number) => json!(1),
        () if is(Type::String) => json!("text"),
        () => {
            let fields = object.properties.iter();
            let fields: Map<String, Value> = fields
                .map(|(name, field)| (name.clone(), put_together(name, field, schemas)))
                .collect();
            Value::Object(fields)
        }
    }
}
