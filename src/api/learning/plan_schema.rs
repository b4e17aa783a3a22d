//! Learning plans in JSON, and what lists of them are narrowed by.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    api::http::{body::present, resource::Resource, search_text::SearchText, validate::line},
    changes::plans::PlanWithCertifications,
    domain::{
        examples,
        ids::{CertificationId, PlanId},
        limits::{NAME_MAX, PARTS_MAX},
        timestamp::Timestamp,
    },
    store::plans::{PlanQuery, PlanRow},
};

/// A learning plan.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": examples::PLAN, "created_at": examples::CREATED, "updated_at": examples::CREATED,
    "name": "Forklift Training", "certification_ids": [examples::CERTIFICATION]
}))]
pub struct LearningPlan {
    id: PlanId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(format = "name", examples("Forklift Training"))]
    name: String,
    /// The certifications that it consists of. A plan without any is never met.
    #[schema(max_items = 100)]
    certification_ids: Vec<CertificationId>,
}

impl From<PlanWithCertifications> for LearningPlan {
    fn from((row, certification_ids): PlanWithCertifications) -> Self {
        let PlanRow { id, created_at, updated_at, name, .. } = row;
        Self { id, created_at, updated_at, name, certification_ids }
    }
}

impl Resource for LearningPlan {
    type Row = PlanWithCertifications;

    fn location((row, _): &Self::Row) -> String {
        format!("/learning-plans/{}", row.id)
    }

    fn version((row, _): &Self::Row) -> i64 {
        row.version
    }
}

/// A learning plan to create.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Forklift Training"}))]
pub struct NewLearningPlan {
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    pub(super) name: String,
    /// The certifications that it consists of; none by default.
    #[validate(length(max = PARTS_MAX))]
    #[schema(max_items = 100)]
    pub(super) certification_ids: Option<Vec<CertificationId>>,
}

/// The fields of a learning plan to change.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"name": "Forklift Training 2027"}))]
pub struct LearningPlanPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", nullable = false)]
    pub(super) name: Option<String>,
    /// The new list, as a whole.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(max = PARTS_MAX))]
    #[schema(max_items = 100, nullable = false)]
    pub(super) certification_ids: Option<Vec<CertificationId>>,
}

/// The filters of a list of learning plans.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LearningPlanParams {
    /// Characters anywhere in the name, without regard to case.
    #[param(nullable = false, inline)]
    pub(super) q: Option<SearchText>,
}

impl From<LearningPlanParams> for PlanQuery {
    fn from(params: LearningPlanParams) -> Self {
        let LearningPlanParams { q } = params;
        Self { q: q.map(String::from) }
    }
}
