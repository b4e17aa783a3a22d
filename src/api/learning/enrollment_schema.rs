//! Enrollments in JSON, and what lists of them are narrowed by.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    api::http::{body::present, resource::Resource},
    domain::{
        enrollment::{CompletionMethod, EnrollmentStatus, GradeResult},
        entry::Source,
        examples,
        ids::{CourseId, EnrollmentId, UserId},
        limits::GRADE_MAX,
        timestamp::Timestamp,
    },
    store::enrollments::{EnrollmentQuery, EnrollmentRow},
};

/// One user in one course.
#[derive(Serialize, ToSchema)]
#[schema(example = json!(Self::example("completed")))]
pub struct Enrollment {
    id: EnrollmentId,
    created_at: Timestamp,
    updated_at: Timestamp,
    user_id: UserId,
    course_id: CourseId,
    status: EnrollmentStatus,
    /// How the user was enrolled.
    source: Source,
    /// When it is due.
    #[schema(required = true)]
    due_at: Option<Timestamp>,
    #[schema(required = true)]
    started_at: Option<Timestamp>,
    #[schema(required = true)]
    completed_at: Option<Timestamp>,
    /// Whether the learner earned the completion or somebody forced it.
    #[schema(required = true)]
    completion_method: Option<CompletionMethod>,
    /// In percent.
    #[schema(required = true, minimum = 0, maximum = 100)]
    grade: Option<f64>,
    #[schema(required = true)]
    result: Option<GradeResult>,
}

impl Enrollment {
    /// The enrollment of the story, while it has this status.
    pub(super) fn example(status: &str) -> Value {
        let is_completed = status == "completed";
        json!({
            "id": examples::ENROLLMENT, "created_at": examples::CREATED,
            "updated_at": match status {
                "enrolled" => examples::CREATED,
                "in_progress" => examples::STARTED,
                _ => examples::COMPLETED,
            },
            "user_id": examples::USER, "course_id": examples::COURSE, "status": status,
            "source": "admin", "due_at": examples::DUE,
            "started_at": (status != "enrolled").then_some(examples::STARTED),
            "completed_at": is_completed.then_some(examples::COMPLETED),
            "completion_method": is_completed.then_some("forced"), "grade": null, "result": null
        })
    }
}

impl From<EnrollmentRow> for Enrollment {
    fn from(row: EnrollmentRow) -> Self {
        Self {
            id: row.id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            user_id: row.user_id,
            course_id: row.course_id,
            status: row.status,
            source: row.source,
            due_at: row.due_at,
            started_at: row.started_at,
            completed_at: row.completed_at,
            completion_method: row.completion_method,
            grade: row.grade,
            result: row.result,
        }
    }
}

impl Resource for Enrollment {
    type Row = EnrollmentRow;

    fn location(row: &Self::Row) -> String {
        format!("/enrollments/{}", row.id)
    }

    fn version(row: &Self::Row) -> i64 {
        row.version
    }
}

/// The course in which to enroll a user.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "course_id": examples::COURSE, "due_at": examples::DUE
}))]
pub struct NewEnrollment {
    pub(super) course_id: CourseId,
    /// When it is due; no due date by default.
    pub(super) due_at: Option<Timestamp>,
}

/// The fields of an enrollment to change. null clears a field.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"due_at": examples::DUE}))]
pub struct EnrollmentPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Timestamp>)]
    pub(super) due_at: Option<Option<Timestamp>>,
    /// In percent.
    #[serde(default, deserialize_with = "present")]
    #[validate(range(min = 0.0, max = GRADE_MAX))]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 100)]
    pub(super) grade: Option<Option<f64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<GradeResult>)]
    pub(super) result: Option<Option<GradeResult>>,
}

/// How an enrollment was completed.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"method": "forced"}))]
pub struct Completion {
    /// `earned` by default.
    pub(super) method: Option<CompletionMethod>,
    /// In percent.
    #[validate(range(min = 0.0, max = GRADE_MAX))]
    #[schema(minimum = 0, maximum = 100)]
    pub(super) grade: Option<f64>,
    pub(super) result: Option<GradeResult>,
    /// Now by default. May be before the enrollment, but not in the future.
    pub(super) completed_at: Option<Timestamp>,
}

/// The filters of a list of enrollments.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EnrollmentParams {
    /// Only of this user.
    #[param(nullable = false)]
    pub(super) user_id: Option<UserId>,
    /// Only in this course.
    #[param(nullable = false)]
    pub(super) course_id: Option<CourseId>,
    /// Only with this status.
    #[param(nullable = false)]
    pub(super) status: Option<EnrollmentStatus>,
}

impl From<EnrollmentParams> for EnrollmentQuery {
    fn from(params: EnrollmentParams) -> Self {
        let EnrollmentParams { user_id, course_id, status } = params;
        Self { user_id, course_id, status }
    }
}

/// The filters of a list of one user's enrollments.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserEnrollmentParams {
    /// Only in this course.
    #[param(nullable = false)]
    pub(super) course_id: Option<CourseId>,
    /// Only with this status.
    #[param(nullable = false)]
    pub(super) status: Option<EnrollmentStatus>,
}
