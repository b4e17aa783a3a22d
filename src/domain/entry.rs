//! The entries of an activity log.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    ids::{AnyId, UserId},
    text::words,
    user::UserKind,
};

words! {
    /// What happened: the closed vocabulary of the log, `noun.past_participle`.
    pub enum Action {
        /// The user logged in.
        SessionLoggedIn = "session.logged_in",
        /// Somebody tried to log in as the user, and failed.
        SessionLoginFailed = "session.login_failed",
        /// A session of the user ended.
        SessionLoggedOut = "session.logged_out",
        /// The user's account was created.
        UserCreated = "user.created",
        /// Fields of the profile changed.
        UserUpdated = "user.updated",
        /// The account was deactivated.
        UserDeactivated = "user.deactivated",
        /// The account was reactivated.
        UserReactivated = "user.reactivated",
        /// The password was set.
        UserPasswordChanged = "user.password_changed",
        /// The role changed.
        UserRoleChanged = "user.role_changed",
        /// A supervisor was added.
        UserSupervisorAdded = "user.supervisor_added",
        /// A supervisor was removed.
        UserSupervisorRemoved = "user.supervisor_removed",
        /// The user became a member of a group.
        GroupMemberAdded = "group.member_added",
        /// The user is no longer a member of a group.
        GroupMemberRemoved = "group.member_removed",
        /// The user's home group changed.
        GroupHomeChanged = "group.home_changed",
        /// The user got a permission on a group.
        GroupPermissionGranted = "group.permission_granted",
        /// The user lost a permission on a group.
        GroupPermissionRevoked = "group.permission_revoked",
        /// The user was enrolled in a course.
        EnrollmentCreated = "enrollment.created",
        /// The user started a course.
        EnrollmentStarted = "enrollment.started",
        /// The user completed a course.
        EnrollmentCompleted = "enrollment.completed",
        /// Somebody forced the completion of a course.
        EnrollmentForcedComplete = "enrollment.forced_complete",
        /// The due date changed.
        EnrollmentDueDateChanged = "enrollment.due_date_changed",
        /// The grade or the result changed.
        EnrollmentGradeChanged = "enrollment.grade_changed",
        /// The enrollment was cancelled.
        EnrollmentCancelled = "enrollment.cancelled",
        /// A learning plan was assigned.
        LearningPlanAssigned = "learning_plan.assigned",
        /// A learning plan was removed.
        LearningPlanUnassigned = "learning_plan.unassigned",
        /// Every certification of a learning plan is met.
        LearningPlanMet = "learning_plan.met",
        /// Not every certification of a learning plan is met any longer.
        LearningPlanUnmet = "learning_plan.unmet",
        /// Every course of a certification is completed.
        CertificationMet = "certification.met",
        /// The validity of a certification ran out.
        CertificationExpired = "certification.expired",
        /// Not every course of a certification is completed any longer.
        CertificationUnmet = "certification.unmet",
        /// A training outside the platform was logged.
        ExternalTrainingLogged = "external_training.logged",
        /// An API client that acts as the user was created.
        ApiClientCreated = "api_client.created",
        /// An API client that acts as the user changed: its name, its scopes, its secret.
        ApiClientUpdated = "api_client.updated",
        /// An API client that acts as the user was revoked.
        ApiClientRevoked = "api_client.revoked",
        /// Somebody wrote a note: the action of every manual entry.
        Note = "note",
    }
}

impl Action {
    /// The family: the part before the point (`enrollment`), or the whole word.
    pub fn family(self) -> &'static str {
        let word = self.as_str();
        word.split_once('.').map_or(word, |(family, _)| family)
    }

    /// Whether entries with this action tell of this service alone: of access, or of the log itself.
    /// None come from other systems.
    pub fn is_reserved(self) -> bool {
        // No action is of `hold`, `activity` or `webhook` yet, nor is there `user.erased`: they are
        // reserved for what the service will write itself, so that no batch has them once they exist.
        const FAMILIES: [&str; 5] = ["session", "hold", "activity", "webhook", "api_client"];
        const ACTIONS: [&str; 3] = ["user.role_changed", "user.password_changed", "user.erased"];
        FAMILIES.contains(&self.family()) || ACTIONS.contains(&self.as_str())
    }

    /// The type of entries with this action.
    pub fn entry_type(self) -> EntryType {
        if self == Self::Note { EntryType::Manual } else { EntryType::System }
    }
}

words! {
    /// The two kinds of entries.
    pub enum EntryType {
        /// Written by the service itself, together with the change that it records.
        System = "system",
        /// A note that somebody wrote.
        Manual = "manual",
    }
}

words! {
    /// The origin of a change.
    pub enum Source {
        /// The user did it themselves.
        Own = "self",
        /// Somebody else did it manually.
        Admin = "admin",
        /// It followed from a group.
        Group = "group",
        /// It followed by rule from another change.
        Rule = "rule",
        /// It came with an import.
        Import = "import",
        /// An API client did it.
        Api = "api",
        /// The service did it by itself.
        System = "system",
    }
}

words! {
    /// The type of the target of an entry.
    pub enum TargetType {
        /// A user.
        User = "user",
        /// A course.
        Course = "course",
        /// A learning plan.
        LearningPlan = "learning_plan",
        /// A group.
        Group = "group",
        /// A certification.
        Certification = "certification",
        /// A training outside the platform.
        ExternalTraining = "external_training",
        /// An API client.
        ApiClient = "api_client",
    }
}

/// The user who did something, with their name at that time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Actor {
    /// The user's id.
    pub id: UserId,
    /// The user's name when the entry was written.
    #[schema(format = "full-name", examples("Cristiano Ferreira"))]
    pub name: String,
    /// A person or an API account.
    pub kind: UserKind,
}

/// The object of an action, with its name at that time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Target {
    /// Its type.
    #[serde(rename = "type")]
    pub target_type: TargetType,
    /// Its id.
    pub id: AnyId,
    /// Its name when the entry was written.
    #[schema(format = "full-name", examples("Security Basics"))]
    pub name: String,
}

/// A field that changed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldChange {
    /// The name of the field in the resource.
    #[schema(value_type = String, format = "name", examples("result"))]
    pub field: Cow<'static, str>,
    /// The value before; null if it was not set.
    #[schema(required = true)]
    pub before: Value,
    /// The value after; null if it was cleared.
    #[schema(required = true)]
    pub after: Value,
}

impl FieldChange {
    /// The change of a field, if the values differ.
    pub fn between<T: Serialize + PartialEq>(
        field: &'static str,
        before: &T,
        after: &T,
    ) -> Option<Self> {
        (before != after).then(|| Self {
            field: Cow::Borrowed(field),
            before: json(before),
            after: json(after),
        })
    }
}

/// The JSON form of a value, which the words, numbers and times of a change always have.
fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}
