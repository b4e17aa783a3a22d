//! What the examples in the document have in common: the ids, times and people of one story.
//!
//! Sam did not finish a course. An administrator, Cristiano, forces it to completion, and explains
//! that in a note.

use serde_json::{Value, json};

pub const COURSE: &str = "01977f3e-5c00-7000-8000-000000000000";
pub const USER: &str = "01977f3e-5c00-7000-8000-000000000001";
pub const ENROLLMENT: &str = "01977f3e-5c00-7000-8000-000000000002";
pub const ENTRY: &str = "01977f3e-5c00-7000-8000-000000000003";
pub const NOTE: &str = "01977f3e-5c00-7000-8000-000000000004";
pub const PLAN: &str = "01977f3e-5c00-7000-8000-000000000005";
pub const CERTIFICATION: &str = "01977f3e-5c00-7000-8000-000000000006";
pub const GROUP: &str = "01977f3e-5c00-7000-8000-000000000007";
pub const ADMINISTRATOR: &str = "01977f3e-5c00-7000-8000-000000000008";
pub const SUPERVISOR: &str = "01977f3e-5c00-7000-8000-000000000009";
pub const TRAINING: &str = "01977f3e-5c00-7000-8000-00000000000a";
pub const API_CLIENT: &str = "01977f3e-5c00-7000-8000-00000000000b";
pub const API_USER: &str = "01977f3e-5c00-7000-8000-00000000000c";
pub const SECRET_ID: &str = "01977f3e-5c00-7000-8000-00000000000d";
pub const REQUEST: &str = "01977f3e-5c00-7000-8000-0000000000aa";

/// When everything was created.
pub const CREATED: &str = "2026-06-01T08:00:00.000Z";
/// When Sam started the course.
pub const STARTED: &str = "2026-06-02T10:00:00.000Z";
/// When the course was completed.
pub const COMPLETED: &str = "2026-06-12T15:30:00.000Z";
/// When the note was written.
pub const NOTED: &str = "2026-06-30T09:15:00.000Z";
/// When the course is due.
pub const DUE: &str = "2026-12-31T23:59:59.000Z";

/// What the note says.
pub const NOTES: &str = "Sam completed the live version of this course.";
/// What it says once it is edited.
pub const EDITED_NOTES: &str = "Sam completed the live version of this course on June 12.";

pub const ACCESS_TOKEN: &str =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJkYXlib29rIn0.c2lnbmVk";
pub const REFRESH_TOKEN: &str = "4f1c0a9d5be24c7d8a1f3e6b7c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f70819";
pub const SECRET: &str = "dbk_3f6c9a1e5b7d4c2f8a0e1d3b5c7f9a2e4d6b8c0f1a3e5d7b9c1f3a5e7d9b0c2f";

/// Cristiano, as an entry names them.
pub fn administrator() -> Value {
    json!({"id": ADMINISTRATOR, "name": "Cristiano Ferreira", "kind": "person"})
}

/// The id that a path parameter of this name has.
pub fn id(parameter: &str) -> &'static str {
    match parameter {
        "user_id" => USER,
        "enrollment_id" => ENROLLMENT,
        "entry_id" => ENTRY,
        "plan_id" => PLAN,
        "certification_id" => CERTIFICATION,
        "group_id" => GROUP,
        "client_id" => API_CLIENT,
        _ => COURSE,
    }
}
