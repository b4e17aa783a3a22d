//! `/certifications`, and `/users/{user_id}/certifications`.

use actix_web::HttpResponse;

use super::certification_schema::{
    Certification, CertificationParams, CertificationPatch, NewCertification,
};
use crate::{
    api::http::{
        body::Body,
        endpoint::{Endpoint, endpoint},
        etag::Precondition,
        extract::{Ctx, Path, Query},
        gates::Catalogue,
        paging::{Page, PageParams, Paging},
    },
    changes::certifications::{CreateCertification, UpdateCertification},
    domain::ids::CertificationId,
    error::Result,
    store::{self, certifications::CertificationQuery},
};

/// The operations of this file, in the order of the document.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_certifications),
        endpoint!(create_certification),
        endpoint!(get_certification),
        endpoint!(update_certification),
    ]
}

/// List the certifications
///
/// By name.
#[utoipa::path(get, path = "/certifications", tag = "Certifications",
    params(CertificationParams, PageParams),
    responses((status = 200, description = "One page of the certifications.", body = Page<Certification>)))]
pub async fn list_certifications(
    ctx: Ctx,
    paging: Paging,
    Query(params): Query<CertificationParams>,
) -> Result<HttpResponse> {
    let query = CertificationQuery::from(params);
    paging.respond(&ctx, Catalogue, query, Certification::from).await
}

/// Create a certification
///
/// For administrators. Users who have completed its courses meet it at once, and their logs show it.
#[utoipa::path(post, path = "/certifications", tag = "Certifications",
    request_body = NewCertification,
    responses((status = 201, description = "The certification.", body = Certification)))]
pub async fn create_certification(
    ctx: Ctx,
    Body(body): Body<NewCertification>,
) -> Result<HttpResponse> {
    let NewCertification { name, course_ids, validity_days } = body;
    let change = CreateCertification { name, course_ids, validity_days };
    ctx.create::<Certification, _>(change).await
}

/// Get a certification
///
/// For everybody who is logged in. A `PATCH` needs its ETag.
#[utoipa::path(get, path = "/certifications/{certification_id}", tag = "Certifications",
    params(("certification_id" = CertificationId, Path)),
    responses((status = 200, description = "The certification.", body = Certification)))]
pub async fn get_certification(ctx: Ctx, Path(id): Path<CertificationId>) -> Result<HttpResponse> {
    ctx.show::<Certification>(Catalogue, move |conn| {
        Ok((store::certifications::get(conn, id)?, store::certifications::courses(conn, id)?))
    })
    .await
}

/// Change a certification
///
/// For administrators. Its state for users follows at once, and their logs show it.
#[utoipa::path(patch, path = "/certifications/{certification_id}", tag = "Certifications",
    params(("certification_id" = CertificationId, Path)), request_body = CertificationPatch,
    responses((status = 200, description = "The certification as it is now.",
        body = Certification)))]
pub async fn update_certification(
    ctx: Ctx,
    Path(id): Path<CertificationId>,
    Precondition(if_match): Precondition,
    Body(body): Body<CertificationPatch>,
) -> Result<HttpResponse> {
    let CertificationPatch { name, course_ids, validity_days } = body;
    let change = UpdateCertification { id, if_match, name, course_ids, validity_days };
    ctx.update::<Certification, _>(change).await
}
