//! Certifications in JSON, and what lists of them are narrowed by.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    api::http::{body::present, resource::Resource, search_text::SearchText, validate::line},
    changes::certifications::CertificationWithCourses,
    domain::{
        examples,
        ids::{CertificationId, CourseId},
        limits::{NAME_MAX, PARTS_MAX, VALIDITY_DAYS_MAX},
        timestamp::Timestamp,
    },
    store::certifications::{CertificationQuery, CertificationRow},
};

/// A set of courses, all of which are required.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": examples::CERTIFICATION, "created_at": examples::CREATED,
    "updated_at": examples::CREATED, "name": "Forklift Driver",
    "course_ids": [examples::COURSE], "validity_days": 365
}))]
pub struct Certification {
    id: CertificationId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(format = "name", examples("Forklift Driver"))]
    name: String,
    /// The courses that it requires, all of them.
    #[schema(max_items = 100)]
    course_ids: Vec<CourseId>,
    /// Days of 24 hours from the last completion until it expires; null if it never does.
    #[schema(required = true, minimum = 1, maximum = 36500)]
    validity_days: Option<i64>,
}

impl From<CertificationWithCourses> for Certification {
    fn from((row, course_ids): CertificationWithCourses) -> Self {
        let CertificationRow { id, created_at, updated_at, name, validity_days, .. } = row;
        Self { id, created_at, updated_at, name, course_ids, validity_days }
    }
}

impl Resource for Certification {
    type Row = CertificationWithCourses;

    fn location((row, _): &Self::Row) -> String {
        format!("/certifications/{}", row.id)
    }

    fn version((row, _): &Self::Row) -> i64 {
        row.version
    }
}

/// A certification to create. Users who have completed its courses meet it at once.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Forklift Driver",
    "course_ids": [examples::COURSE],
    "validity_days": 365
}))]
pub struct NewCertification {
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    pub(super) name: String,
    /// The courses that it requires, all of them.
    #[validate(length(min = 1, max = PARTS_MAX))]
    #[schema(min_items = 1, max_items = 100)]
    pub(super) course_ids: Vec<CourseId>,
    /// Days of 24 hours from the last completion until it expires; never by default.
    #[validate(range(min = 1, max = VALIDITY_DAYS_MAX))]
    #[schema(minimum = 1, maximum = 36500)]
    pub(super) validity_days: Option<i64>,
}

/// The fields of a certification to change. Its state for users follows.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"validity_days": 730}))]
pub struct CertificationPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", nullable = false)]
    pub(super) name: Option<String>,
    /// The new list, as a whole.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = PARTS_MAX))]
    #[schema(min_items = 1, max_items = 100, nullable = false)]
    pub(super) course_ids: Option<Vec<CourseId>>,
    /// Days of 24 hours from the last completion until it expires; null for never.
    #[serde(default, deserialize_with = "present")]
    #[validate(range(min = 1, max = VALIDITY_DAYS_MAX))]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 36500)]
    pub(super) validity_days: Option<Option<i64>>,
}

/// The filters of a list of certifications.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CertificationParams {
    /// Characters anywhere in the name, without regard to case.
    #[param(nullable = false, inline)]
    pub(super) q: Option<SearchText>,
}

impl From<CertificationParams> for CertificationQuery {
    fn from(params: CertificationParams) -> Self {
        let CertificationParams { q } = params;
        Self { q: q.map(String::from) }
    }
}
