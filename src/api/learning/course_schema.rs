//! Courses in JSON, and what lists of them are narrowed by.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    api::http::{body::present, resource::Resource, search_text::SearchText, validate::line},
    domain::{
        catalogue::{CourseStatus, CourseType},
        examples,
        ids::CourseId,
        limits::NAME_MAX,
        timestamp::Timestamp,
    },
    store::courses::{CourseQuery, CourseRow},
};

/// A course.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": examples::COURSE, "created_at": examples::CREATED, "updated_at": examples::CREATED,
    "title": "Security Basics", "type": "scorm", "status": "active"
}))]
pub struct Course {
    id: CourseId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(format = "name", examples("Security Basics"))]
    title: String,
    #[serde(rename = "type")]
    course_type: CourseType,
    status: CourseStatus,
}

impl From<CourseRow> for Course {
    fn from(row: CourseRow) -> Self {
        Self {
            id: row.id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            title: row.title,
            course_type: row.course_type,
            status: row.status,
        }
    }
}

impl Resource for Course {
    type Row = CourseRow;

    fn location(row: &Self::Row) -> String {
        format!("/courses/{}", row.id)
    }

    fn version(row: &Self::Row) -> i64 {
        row.version
    }
}

/// A course to create.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Security Basics", "type": "scorm"}))]
pub struct NewCourse {
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    pub(super) title: String,
    #[serde(rename = "type")]
    pub(super) course_type: CourseType,
    /// `active` by default.
    pub(super) status: Option<CourseStatus>,
}

/// The fields of a course to change.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"status": "archived"}))]
pub struct CoursePatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", nullable = false)]
    pub(super) title: Option<String>,
    #[serde(default, deserialize_with = "present", rename = "type")]
    #[schema(nullable = false)]
    pub(super) course_type: Option<CourseType>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) status: Option<CourseStatus>,
}

/// The filters of a list of courses.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CourseParams {
    /// Characters anywhere in the title, without regard to case.
    #[param(nullable = false, inline)]
    pub(super) q: Option<SearchText>,
    /// Active or archived.
    #[param(nullable = false)]
    pub(super) status: Option<CourseStatus>,
    /// The format of the course.
    #[param(nullable = false)]
    pub(super) r#type: Option<CourseType>,
}

impl From<CourseParams> for CourseQuery {
    fn from(params: CourseParams) -> Self {
        let CourseParams { q, status, r#type: course_type } = params;
        Self { q: q.map(String::from), status, course_type }
    }
}
