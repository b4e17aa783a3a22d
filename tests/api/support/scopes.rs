//! The scope that each operation requires of an API client.

/// What an operation requires of an API client.
#[derive(Clone, Copy)]
pub enum Needs {
    /// A token with this scope.
    Scope(&'static str),
    /// A token with any scope.
    Nothing,
    /// It is public, or for people alone: no scope lets a client in.
    NoClient,
}
use Needs::{NoClient, Nothing, Scope};

/// What an operation requires of an API client. Each new operation adds itself.
pub fn needs(operation: &str) -> Option<Needs> {
    Some(match operation {
        "list_users" | "get_user" | "list_groups" | "get_group" => Scope("users:read"),
        "create_user"
        | "update_user"
        | "import_users"
        | "create_group"
        | "update_group"
        | "put_group_member"
        | "remove_group_member"
        | "attach_learning_plan"
        | "detach_learning_plan" => Scope("users:write"),
        "list_user_activity"
        | "export_user_activity"
        | "list_note_creators"
        | "get_entry"
        | "get_entry_proof"
        | "list_ledger_records"
        | "list_note_revisions"
        | "list_activity"
        | "list_actions"
        | "export_activity" => Scope("activity:read"),
        "add_note" | "edit_note" => Scope("activity:write"),
        "ingest_entries" => Scope("activity:ingest"),
        "list_user_enrollments"
        | "list_enrollments"
        | "get_enrollment"
        | "list_user_learning_plans"
        | "list_user_certifications"
        | "list_external_training"
        | "list_courses"
        | "get_course"
        | "list_certifications"
        | "get_certification"
        | "list_learning_plans"
        | "get_learning_plan" => Scope("learning:read"),
        "enroll_user"
        | "update_enrollment"
        | "cancel_enrollment"
        | "start_enrollment"
        | "complete_enrollment"
        | "assign_learning_plan"
        | "unassign_learning_plan"
        | "log_external_training"
        | "create_course"
        | "update_course"
        | "create_certification"
        | "update_certification"
        | "create_learning_plan"
        | "update_learning_plan" => Scope("learning:write"),
        "get_me" => Nothing,
        "log_in"
        | "refresh_session"
        | "issue_token"
        | "get_ledger_checkpoint"
        | "get_ledger_key"
        | "get_ledger_consistency"
        | "log_out"
        | "change_own_password"
        | "list_api_clients"
        | "create_api_client"
        | "get_api_client"
        | "update_api_client"
        | "revoke_api_client"
        | "rotate_api_client_secret" => NoClient,
        _ => return None,
    })
}
