//! `/certifications`, and `/users/{user_id}/certifications`.

use actix_web::{HttpRequest, HttpResponse};

use super::certification_schema::{
    Certification, CertificationParams, CertificationPatch, NewCertification,
};
use crate::{
    api::http::{
        body::Body,
        endpoint::{Endpoint, endpoint},
        etag::{self, Precondition},
        extract::{Ctx, Path, Query},
        paging::{Page, PageParams, Paging, grouped},
        reply::Answer,
    },
    changes::certifications::{CreateCertification, UpdateCertification},
    domain::{ids::CertificationId, policy::Act},
    error::Result,
    store::{self, certifications::CertificationFilter, page::ByText},
};

/// The operations of this file.
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
    responses((status = 200, description = "One page of them.", body = Page<Certification>)))]
pub async fn list_certifications(
    ctx: Ctx,
    mut paging: Paging,
    Query(params): Query<CertificationParams>,
) -> Result<HttpResponse> {
    let filter = CertificationFilter { q: params.q };
    let (window, count) = (paging.window()?, paging.count);
    let (slice, pairs, total) = paging
        .list(
            &ctx,
            move |_, caller| caller.must(Act::SeeCatalogue),
            move |conn, _| {
                let total =
                    count.then(|| store::certifications::count(conn, &filter)).transpose()?;
                let slice = store::certifications::list(conn, &filter, &window)?;
                let pairs = store::certifications::courses_of(conn, &slice.rows)?;
                Ok((slice, pairs, total))
            },
        )
        .await?;
    let next = slice.next(|row| ByText { key: row.search_key.clone(), id: row.id });
    let mut courses = grouped(pairs);
    let items = slice.rows.into_iter().map(|row| {
        let ids = courses.remove(&row.id).unwrap_or_default();
        Certification::from((row, ids))
    });
    paging.page(items.collect(), next, total)
}

/// Create a certification
///
/// For administrators. Whoever has completed its courses meets it at once, and his log says so.
#[utoipa::path(post, path = "/certifications", tag = "Certifications",
    request_body = NewCertification,
    responses((status = 201, description = "The certification.", body = Certification)))]
pub async fn create_certification(
    ctx: Ctx,
    Body(body): Body<NewCertification>,
) -> Result<HttpResponse> {
    let NewCertification { name, course_ids, validity_days } = body;
    ctx.post(CreateCertification { name, course_ids, validity_days }, |made| {
        let (location, version) = (format!("/certifications/{}", made.0.id), made.0.version);
        Answer::created(location, version, &Certification::from(made))
    })
    .await
}

/// Get a certification
///
/// For everybody who is logged in. Its ETag is what a `PATCH` needs.
#[utoipa::path(get, path = "/certifications/{certification_id}", tag = "Certifications",
    params(("certification_id" = CertificationId, Path)),
    responses((status = 200, description = "The certification.", body = Certification)))]
pub async fn get_certification(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<CertificationId>,
) -> Result<HttpResponse> {
    let read = ctx.read(move |conn, caller| {
        caller.must(Act::SeeCatalogue)?;
        Ok((store::certifications::get(conn, id)?, store::certifications::courses(conn, id)?))
    });
    let found = read.await?;
    Ok(etag::resource(&request, found.0.version, &Certification::from(found)))
}

/// Change a certification
///
/// How users stand with it follows at once, and their logs tell it.
#[utoipa::path(patch, path = "/certifications/{certification_id}", tag = "Certifications",
    params(("certification_id" = CertificationId, Path)), request_body = CertificationPatch,
    responses((status = 200, description = "The certification as it is now.",
        body = Certification)))]
pub async fn update_certification(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<CertificationId>,
    Precondition(if_match): Precondition,
    Body(body): Body<CertificationPatch>,
) -> Result<HttpResponse> {
    let CertificationPatch { name, course_ids, validity_days } = body;
    let change = UpdateCertification { id, if_match, name, course_ids, validity_days };
    let changed = ctx.apply(change).await?;
    Ok(etag::resource(&request, changed.0.version, &Certification::from(changed)))
}
