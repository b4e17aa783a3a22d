//! What each operation is sent as its sample, and the reply and the entries that it makes.

use daybook::domain::timestamp::Timestamp;
use serde_json::{Value, json};

use super::{app::PASSWORD, samples::Fixture};

/// A request, and what it brings about.
pub struct SampleRequest {
    pub status: u16,
    pub body: Option<Value>,
    pub actions: &'static [&'static str],
}

impl SampleRequest {
    /// A request without a body.
    fn bare(status: u16, actions: &'static [&'static str]) -> Self {
        Self { status, body: None, actions }
    }

    fn new(status: u16, body: Value, actions: &'static [&'static str]) -> Self {
        Self { status, body: Some(body), actions }
    }
}

/// The sample of an operation. Each new operation adds its own.
pub fn request(fixture: &Fixture, operation: &str) -> Option<SampleRequest> {
    let (bare, new) = (SampleRequest::bare, SampleRequest::new);
    Some(match operation {
        "log_in" => {
            let body = json!({"email": fixture.subject.email, "password": PASSWORD});
            new(200, body, &["session.logged_in"])
        }
        "refresh_session" => new(200, json!({"refresh_token": fixture.refresh_token}), &[]),
        // The same password again, so that all can still log in with it.
        "change_own_password" => {
            let body = json!({"current_password": PASSWORD, "new_password": PASSWORD});
            new(204, body, &["user.password_changed"])
        }
        "log_out" => new(204, json!({}), &["session.logged_out"]),
        "issue_token" => {
            let Fixture { api_client, client_secret, .. } = fixture;
            let form = format!(
                "grant_type=client_credentials&client_id={api_client}&client_secret={client_secret}"
            );
            new(200, json!(form), &[])
        }
        "get_me" | "list_activity" | "list_actions" | "export_activity" => bare(200, &[]),
        "list_user_activity" | "export_user_activity" | "list_note_creators" => bare(200, &[]),
        "get_entry" | "list_note_revisions" | "get_entry_proof" => bare(200, &[]),
        "list_ledger_records" | "get_ledger_checkpoint" => bare(200, &[]),
        "get_ledger_key" | "get_ledger_consistency" => bare(200, &[]),
        "list_users" | "get_user" | "list_groups" | "get_group" => bare(200, &[]),
        "list_courses" | "get_course" | "list_certifications" | "get_certification" => {
            bare(200, &[])
        }
        "list_learning_plans" | "get_learning_plan" => bare(200, &[]),
        "list_enrollments" | "get_enrollment" | "list_user_enrollments" => bare(200, &[]),
        "list_user_learning_plans" | "list_user_certifications" => bare(200, &[]),
        "list_external_training" => bare(200, &[]),
        "list_api_clients" | "get_api_client" => bare(200, &[]),

        // The entry is in the log of the new user.
        "create_user" => {
            let email = format!("new.{}", fixture.subject.email);
            new(201, json!({"email": email, "given_name": "New", "surname": "User"}), &[])
        }
        "update_user" => {
            let body = json!({"surname": "Other", "role": "learner", "time_zone": "Asia/Tokyo"});
            new(200, body, &["user.updated"])
        }
        "import_users" => {
            let csv = format!("email,surname\n{},Imported\n", fixture.subject.email);
            new(200, json!(csv), &["user.updated"])
        }

        "ingest_entries" => {
            let user = &fixture.subject.id;
            let item = json!({
                "user": {"id": user}, "action": "enrollment.completed",
                "occurred_at": Timestamp::system_now(), "external_id": format!("sample:{user}"),
                "description": "Subject completed a course elsewhere.",
            });
            new(200, json!({"items": [item]}), &["enrollment.completed"])
        }
        "add_note" => new(201, json!({"notes": "Why."}), &["note"]),
        // It makes a revision, and no entry.
        "edit_note" => new(200, json!({"notes": "The second wording."}), &[]),

        "enroll_user" => {
            new(201, json!({"course_id": fixture.other_course}), &["enrollment.created"])
        }
        "update_enrollment" => {
            let body = json!({"due_at": "2027-01-01T00:00:00Z", "grade": 41.5, "result": "fail"});
            new(200, body, &["enrollment.grade_changed", "enrollment.due_date_changed"])
        }
        "cancel_enrollment" => bare(204, &["enrollment.cancelled"]),
        "start_enrollment" => bare(200, &["enrollment.started"]),
        // The certification that requires the course follows.
        "complete_enrollment" => {
            let actions = &["certification.met", "enrollment.forced_complete"];
            new(200, json!({"method": "forced"}), actions)
        }
        "assign_learning_plan" => bare(200, &["learning_plan.assigned"]),
        "unassign_learning_plan" => bare(204, &["learning_plan.unassigned"]),
        "log_external_training" => {
            let body = json!({"title": "First Aid", "completed_on": "2026-06-30"});
            new(201, body, &["external_training.logged"])
        }

        "create_course" => new(201, json!({"title": "New", "type": "online"}), &[]),
        "update_course" => new(200, json!({"title": "Renamed"}), &[]),
        "create_learning_plan" => new(201, json!({"name": "New"}), &[]),
        "update_learning_plan" => new(200, json!({"name": "Renamed"}), &[]),
        "create_certification" => {
            new(201, json!({"name": "New", "course_ids": [fixture.course]}), &[])
        }
        "update_certification" => new(200, json!({"name": "Renamed"}), &[]),

        "create_group" => new(201, json!({"name": "New"}), &[]),
        "update_group" => new(200, json!({"name": "Renamed"}), &[]),
        "put_group_member" => {
            let body = json!({"permissions": ["view_learner_results"]});
            new(200, body, &["group.permission_granted", "group.member_added"])
        }
        "remove_group_member" => bare(204, &["group.member_removed"]),
        "attach_learning_plan" => new(200, json!({"auto": true}), &["learning_plan.assigned"]),
        "detach_learning_plan" => bare(204, &[]),

        // The entries are in the log of the API user.
        "create_api_client" => {
            let body = json!({
                "name": "Another", "user_id": fixture.api_user, "scopes": ["activity:read"],
            });
            new(201, body, &[])
        }
        "update_api_client" => new(200, json!({"name": "Renamed"}), &[]),
        "revoke_api_client" => bare(204, &[]),
        "rotate_api_client_secret" => new(201, json!({}), &[]),
        _ => return None,
    })
}
