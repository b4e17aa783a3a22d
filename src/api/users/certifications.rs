//! `/users/{user_id}/certifications`.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::http::{
        endpoint::{Endpoint, endpoint},
        extract::{Ctx, Path},
        gates::OneUser,
        paging::{Page, PageParams, Paging},
    },
    domain::{
        certification::CertificationStatus,
        examples,
        ids::{CertificationId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
    store::{
        certifications::CertificationRow,
        user_certifications::{UserCertificationQuery, UserCertificationRow},
    },
};

/// The operations of this file, in the order of the document.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(list_user_certifications)]
}

/// The state of a certification for a user.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "certification": {"id": examples::CERTIFICATION, "name": "Forklift Driver"},
    "status": "met", "met_at": examples::COMPLETED, "expires_at": "2027-06-12T15:30:00.000Z"
}))]
pub struct UserCertification {
    certification: CertificationName,
    status: CertificationStatus,
    /// The time of the last completion that it required.
    #[schema(required = true)]
    met_at: Option<Timestamp>,
    /// When it expires or expired.
    #[schema(required = true)]
    expires_at: Option<Timestamp>,
}

/// A certification, by id and name.
#[derive(Serialize, ToSchema)]
pub struct CertificationName {
    id: CertificationId,
    #[schema(format = "name", examples("Forklift Driver"))]
    name: String,
}

impl From<(CertificationRow, Option<UserCertificationRow>)> for UserCertification {
    fn from((row, state): (CertificationRow, Option<UserCertificationRow>)) -> Self {
        let state = state.as_ref();
        Self {
            certification: CertificationName { id: row.id, name: row.name },
            status: state.map_or(CertificationStatus::NotMet, |it| it.status),
            met_at: state.and_then(|it| it.met_at),
            expires_at: state.and_then(|it| it.expires_at),
        }
    }
}

/// List a user's certifications
///
/// The certifications that they met at any time, and those that their plans require; by name.
#[utoipa::path(get, path = "/users/{user_id}/certifications", tag = "Users",
    params(("user_id" = UserId, Path), PageParams),
    responses((status = 200, description = "One page of the certifications.",
        body = Page<UserCertification>)))]
pub async fn list_user_certifications(
    ctx: Ctx,
    Path(user): Path<UserId>,
    paging: Paging,
) -> Result<HttpResponse> {
    let query = UserCertificationQuery { user };
    paging.respond(&ctx, OneUser(user), query, UserCertification::from).await
}
