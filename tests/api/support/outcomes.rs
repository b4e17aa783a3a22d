//! Who gets which outcome from each operation, by the table of permissions.

/// How a caller is refused or let through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The operation's own status.
    Done,
    /// 401: the caller is not logged in.
    Unauthenticated,
    /// 403: the caller may see it, and may not do it.
    Forbidden,
    /// 404: the caller may not see it.
    NotFound,
}
use Outcome::{Done, Forbidden, NotFound, Unauthenticated};

/// The outcome of an operation for each kind of caller.
#[derive(Clone, Copy)]
pub struct Outcomes {
    pub nobody: Outcome,
    pub subject: Outcome,
    /// Another learner.
    pub stranger: Outcome,
    pub supervisor: Outcome,
    /// Has `view_learner_results` in a group of the subject.
    pub viewer: Outcome,
    /// Has `manage_users` in the home group of the subject.
    pub manager: Outcome,
    pub auditor: Outcome,
    pub administrator: Outcome,
}

const LOGGED_IN: Outcomes = Outcomes {
    nobody: Unauthenticated,
    subject: Done,
    stranger: Done,
    supervisor: Done,
    viewer: Done,
    manager: Done,
    auditor: Done,
    administrator: Done,
};

const EVERYBODY: Outcomes = Outcomes { nobody: Done, ..LOGGED_IN };

/// Callers who may see the profile may see the log: one rule.
const PROFILE_READERS: Outcomes = Outcomes { stranger: NotFound, ..LOGGED_IN };

const PROFILE_EDITORS: Outcomes = Outcomes {
    subject: Forbidden,
    supervisor: Forbidden,
    viewer: Forbidden,
    auditor: Forbidden,
    ..PROFILE_READERS
};

/// Learners start what they are enrolled in.
const STARTERS: Outcomes = Outcomes { subject: Done, ..PROFILE_EDITORS };

/// Managers edit their own notes; the note of the sample is the administrator's.
const NOTE_EDITORS: Outcomes = Outcomes { manager: Forbidden, ..PROFILE_EDITORS };

const ADMINISTRATORS: Outcomes = Outcomes { stranger: Forbidden, ..NOTE_EDITORS };

const AUDITORS: Outcomes = Outcomes { auditor: Done, ..ADMINISTRATORS };

/// The outcomes of an operation. Each new operation adds itself.
pub fn outcomes(operation: &str) -> Option<Outcomes> {
    Some(match operation {
        "log_in" | "refresh_session" | "issue_token" => EVERYBODY,
        "get_ledger_checkpoint" | "get_ledger_key" | "get_ledger_consistency" => EVERYBODY,
        "log_out"
        | "change_own_password"
        | "get_me"
        | "list_activity"
        | "list_actions"
        | "list_ledger_records"
        | "export_activity"
        | "list_users"
        | "list_enrollments"
        | "list_courses"
        | "get_course"
        | "list_learning_plans"
        | "get_learning_plan"
        | "list_certifications"
        | "get_certification"
        | "list_groups"
        | "get_group" => LOGGED_IN,
        "get_user"
        | "list_user_activity"
        | "export_user_activity"
        | "list_note_creators"
        | "get_entry"
        | "get_entry_proof"
        | "list_note_revisions"
        | "list_user_enrollments"
        | "get_enrollment"
        | "list_user_learning_plans"
        | "list_external_training"
        | "list_user_certifications" => PROFILE_READERS,
        "update_user"
        | "add_note"
        | "enroll_user"
        | "update_enrollment"
        | "cancel_enrollment"
        | "complete_enrollment"
        | "assign_learning_plan"
        | "unassign_learning_plan"
        | "log_external_training" => PROFILE_EDITORS,
        "start_enrollment" => STARTERS,
        "edit_note" => NOTE_EDITORS,
        "create_user"
        | "import_users"
        | "ingest_entries"
        | "create_course"
        | "update_course"
        | "create_learning_plan"
        | "update_learning_plan"
        | "create_certification"
        | "update_certification"
        | "create_group"
        | "update_group"
        | "put_group_member"
        | "remove_group_member"
        | "attach_learning_plan"
        | "detach_learning_plan" => ADMINISTRATORS,
        // API clients and roles: an auditor reads, an administrator changes.
        "list_api_clients" | "get_api_client" => AUDITORS,
        "create_api_client"
        | "update_api_client"
        | "revoke_api_client"
        | "rotate_api_client_secret" => ADMINISTRATORS,
        _ => return None,
    })
}
