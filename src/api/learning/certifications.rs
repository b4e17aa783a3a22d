//! `/certifications`, and `/users/{user_id}/certifications`.

use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    api::http::{
        body::{Body, present},
        endpoint::{Endpoint, endpoint},
        etag::{self, Precondition},
        extract::{Ctx, Path, Query},
        paging::{Page, PageParams, Paging, grouped},
        reply::Answer,
        validate::line,
    },
    changes::certifications::{CertificationWithCourses, CreateCertification, UpdateCertification},
    domain::{
        certification::CertificationStatus,
        examples,
        ids::{CertificationId, CourseId, UserId},
        limits::{NAME_MAX, PARTS_MAX, VALIDITY_DAYS_MAX},
        policy::Act,
        timestamp::Timestamp,
    },
    error::Result,
    store::{
        self,
        certifications::{CertificationFilter, CertificationRow},
        page::ByText,
        user_certifications::StandingRow,
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_certifications),
        endpoint!(create_certification),
        endpoint!(get_certification),
        endpoint!(update_certification),
        endpoint!(list_user_certifications),
    ]
}

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
    /// The courses that it requires: all of them.
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

/// A certification to be made. Whoever has completed its courses already meets it.
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
    name: String,
    /// The courses that it requires: all of them.
    #[validate(length(min = 1, max = PARTS_MAX))]
    #[schema(min_items = 1, max_items = 100)]
    course_ids: Vec<CourseId>,
    /// Days of 24 hours from the last completion until it expires; never if it is not said.
    #[validate(range(min = 1, max = VALIDITY_DAYS_MAX))]
    #[schema(minimum = 1, maximum = 36500)]
    validity_days: Option<i64>,
}

/// What changes of a certification; how users stand with it follows.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"validity_days": 730}))]
pub struct CertificationPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", nullable = false)]
    name: Option<String>,
    /// The whole list as it should be.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = PARTS_MAX))]
    #[schema(min_items = 1, max_items = 100, nullable = false)]
    course_ids: Option<Vec<CourseId>>,
    /// Days of 24 hours from the last completion until it expires; null for never.
    #[serde(default, deserialize_with = "present")]
    #[validate(range(min = 1, max = VALIDITY_DAYS_MAX))]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 36500)]
    validity_days: Option<Option<i64>>,
}

/// What a list of certifications is narrowed by.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CertificationParams {
    /// Characters of the name, anywhere in it, without regard to case.
    #[param(nullable = false)]
    q: Option<String>,
}

/// How a user stands with a certification.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "certification": {"id": examples::CERTIFICATION, "name": "Forklift Driver"},
    "status": "met", "met_at": examples::COMPLETED, "expires_at": "2027-06-12T15:30:00.000Z"
}))]
pub struct CertificationStanding {
    certification: CertificationName,
    status: CertificationStatus,
    /// The latest completion that it took.
    #[schema(required = true)]
    met_at: Option<Timestamp>,
    /// When it expires, or did.
    #[schema(required = true)]
    expires_at: Option<Timestamp>,
}

/// Which certification.
#[derive(Serialize, ToSchema)]
pub struct CertificationName {
    id: CertificationId,
    #[schema(format = "name", examples("Forklift Driver"))]
    name: String,
}

impl From<(CertificationRow, Option<StandingRow>)> for CertificationStanding {
    fn from((row, standing): (CertificationRow, Option<StandingRow>)) -> Self {
        let standing = standing.as_ref();
        Self {
            certification: CertificationName { id: row.id, name: row.name },
            status: standing.map_or(CertificationStatus::NotMet, |it| it.status),
            met_at: standing.and_then(|it| it.met_at),
            expires_at: standing.and_then(|it| it.expires_at),
        }
    }
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

/// List a user's certifications
///
/// Those that he met once, and those that a plan of his asks for; by name.
#[utoipa::path(get, path = "/users/{user_id}/certifications", tag = "Users",
    params(("user_id" = UserId, Path), PageParams),
    responses((status = 200, description = "One page of them.",
        body = Page<CertificationStanding>)))]
pub async fn list_user_certifications(
    ctx: Ctx,
    Path(user): Path<UserId>,
    mut paging: Paging,
) -> Result<HttpResponse> {
    let (window, count) = (paging.window()?, paging.count);
    let (slice, total) = paging
        .list_of_user(&ctx, user, move |conn| {
            let counted = count.then(|| store::user_certifications::count_of_user(conn, user));
            let total = counted.transpose()?;
            Ok((store::user_certifications::of_user(conn, user, &window)?, total))
        })
        .await?;
    let next = slice.next(|(row, _)| ByText { key: row.search_key.clone(), id: row.id });
    paging.page(slice.rows.into_iter().map(CertificationStanding::from).collect(), next, total)
}
