//! `/enrollments`, and `/users/{user_id}/enrollments`.

use actix_web::{HttpRequest, HttpResponse};

use super::enrollment_schema::{
    Completion, Enrollment, EnrollmentParams, EnrollmentPatch, NewEnrollment, UserEnrollmentParams,
};
use crate::{
    access::users::{see_user, visible},
    api::http::{
        body::{Body, Nothing},
        endpoint::{Endpoint, endpoint},
        etag::{self, Precondition},
        extract::{Ctx, Path, Query},
        paging::{Page, PageParams, Paging},
        reply::Answer,
    },
    changes::enrollments::{
        CancelEnrollment, CompleteEnrollment, Enroll, StartEnrollment, UpdateEnrollment,
    },
    db::reader::Reader,
    domain::{
        enrollment::CompletionMethod,
        ids::{EnrollmentId, UserId},
        policy::Caller,
    },
    error::Result,
    store::{self, enrollments::EnrollmentFilter},
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_user_enrollments),
        endpoint!(enroll_user),
        endpoint!(list_enrollments),
        endpoint!(get_enrollment),
        endpoint!(update_enrollment),
        endpoint!(cancel_enrollment),
        endpoint!(start_enrollment),
        endpoint!(complete_enrollment),
    ]
}

/// List a user's enrollments
///
/// The newest first, cancelled ones too.
#[utoipa::path(get, path = "/users/{user_id}/enrollments", tag = "Enrollments",
    params(("user_id" = UserId, Path), UserEnrollmentParams, PageParams),
    responses((status = 200, description = "One page of the enrollments.",
        body = Page<Enrollment>)))]
pub async fn list_user_enrollments(
    ctx: Ctx,
    Path(user): Path<UserId>,
    paging: Paging,
    Query(params): Query<UserEnrollmentParams>,
) -> Result<HttpResponse> {
    let UserEnrollmentParams { course_id, status } = params;
    page(&ctx, paging, EnrollmentFilter { user_id: Some(user), course_id, status }, true).await
}

/// List enrollments
///
/// Of all users whom the caller may see, the newest first, cancelled ones too.
///
/// Slower the more enrollments there are: a `status` that few have, without `user_id` or
/// `course_id`, and a caller who may see hundreds of users and not all: no index has both what is
/// asked for and the order, so enrollments are looked through until the page is full.
#[utoipa::path(get, path = "/enrollments", tag = "Enrollments",
    params(EnrollmentParams, PageParams),
    responses((status = 200, description = "One page of the enrollments.",
        body = Page<Enrollment>)))]
pub async fn list_enrollments(
    ctx: Ctx,
    paging: Paging,
    Query(params): Query<EnrollmentParams>,
) -> Result<HttpResponse> {
    let EnrollmentParams { user_id, course_id, status } = params;
    page(&ctx, paging, EnrollmentFilter { user_id, course_id, status }, false).await
}

async fn page(
    ctx: &Ctx,
    mut paging: Paging,
    filter: EnrollmentFilter,
    user_in_path: bool,
) -> Result<HttpResponse> {
    let (window, count) = (paging.window()?, paging.count);
    let user = filter.user_id.filter(|_| user_in_path);
    let gate = move |conn: &mut Reader<'_>, caller: &Caller| {
        if let Some(user) = user {
            see_user(conn, caller, user)?;
        }
        visible(conn, caller)
    };
    let (slice, total) = paging
        .list(ctx, gate, move |conn, reach| {
            let counted = count.then(|| store::enrollments::count(conn, reach, &filter));
            let total = counted.transpose()?;
            Ok((store::enrollments::list(conn, reach, &filter, &window)?, total))
        })
        .await?;
    let next = slice.next(|row| row.id);
    paging.page(slice.rows.into_iter().map(Enrollment::from).collect(), next, total)
}

/// Enroll a user in a course
///
/// He stands as `enrolled` until he starts. Once it is cancelled, he may be enrolled again.
#[utoipa::path(post, path = "/users/{user_id}/enrollments", tag = "Enrollments",
    params(("user_id" = UserId, Path)), request_body = NewEnrollment,
    responses(
        (status = 201, description = "The enrollment.", body = Enrollment),
        (status = 409, description = "`already_exists`: the user is in the course already.",
            body = crate::api::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn enroll_user(
    ctx: Ctx,
    Path(user): Path<UserId>,
    Body(body): Body<NewEnrollment>,
) -> Result<HttpResponse> {
    ctx.post(Enroll { user, course: body.course_id, due_at: body.due_at }, |row| {
        Answer::created(format!("/enrollments/{}", row.id), row.version, &Enrollment::from(row))
    })
    .await
}

/// Get an enrollment
///
/// For whoever may see the user. Its ETag is what a `PATCH` needs.
#[utoipa::path(get, path = "/enrollments/{enrollment_id}", tag = "Enrollments",
    params(("enrollment_id" = EnrollmentId, Path)),
    responses((status = 200, description = "The enrollment.", body = Enrollment)))]
pub async fn get_enrollment(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<EnrollmentId>,
) -> Result<HttpResponse> {
    let read = ctx.read(move |conn, caller| {
        let row = store::enrollments::get(conn, id)?;
        see_user(conn, caller, row.user_id)?;
        Ok(row)
    });
    let row = read.await?;
    Ok(etag::resource(&request, row.version, &Enrollment::from(row)))
}

/// Change due date, grade or result
///
/// Each of the two, due date and grade with result, is an entry of its own; what does not change
/// is none.
#[utoipa::path(patch, path = "/enrollments/{enrollment_id}", tag = "Enrollments",
    params(("enrollment_id" = EnrollmentId, Path)), request_body = EnrollmentPatch,
    responses(
        (status = 200, description = "The enrollment as it is now.", body = Enrollment),
        (status = 409, description = "`conflict`: the enrollment is cancelled.",
            body = crate::api::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn update_enrollment(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<EnrollmentId>,
    Precondition(if_match): Precondition,
    Body(body): Body<EnrollmentPatch>,
) -> Result<HttpResponse> {
    let EnrollmentPatch { due_at, grade, result } = body;
    let row = ctx.apply(UpdateEnrollment { id, if_match, due_at, grade, result }).await?;
    Ok(etag::resource(&request, row.version, &Enrollment::from(row)))
}

/// Cancel an enrollment
///
/// It stays readable. Done twice, it cancels and logs once.
#[utoipa::path(delete, path = "/enrollments/{enrollment_id}", tag = "Enrollments",
    params(("enrollment_id" = EnrollmentId, Path)),
    responses((status = 204, description = "The enrollment is cancelled.")))]
pub async fn cancel_enrollment(
    ctx: Ctx,
    Path(id): Path<EnrollmentId>,
    _: Body<Nothing>,
) -> Result<HttpResponse> {
    ctx.apply(CancelEnrollment { id }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Start an enrollment
///
/// One that is started or completed stays as it is. Done twice, it starts and logs once.
#[utoipa::path(put, path = "/enrollments/{enrollment_id}/start", tag = "Enrollments",
    params(("enrollment_id" = EnrollmentId, Path)),
    responses(
        (status = 200, description = "The enrollment as it is now.", body = Enrollment),
        (status = 409, description = "`conflict`: the enrollment is cancelled.",
            body = crate::api::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn start_enrollment(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<EnrollmentId>,
    _: Body<Nothing>,
) -> Result<HttpResponse> {
    let row = ctx.apply(StartEnrollment { id }).await?;
    Ok(etag::resource(&request, row.version, &Enrollment::from(row)))
}

/// Complete an enrollment
///
/// Earned by the learner, or forced. Done twice, it completes and logs once.
#[utoipa::path(put, path = "/enrollments/{enrollment_id}/completion", tag = "Enrollments",
    params(("enrollment_id" = EnrollmentId, Path)), request_body = Completion,
    responses(
        (status = 200, description = "The enrollment as it is now.", body = Enrollment),
        (status = 409, description = "`conflict`: the enrollment is cancelled, or was completed \
            otherwise.", body = crate::api::http::problem::Problem,
            content_type = "application/problem+json")))]
pub async fn complete_enrollment(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<EnrollmentId>,
    Body(body): Body<Completion>,
) -> Result<HttpResponse> {
    let change = CompleteEnrollment {
        id,
        method: body.method.unwrap_or(CompletionMethod::Earned),
        completed_at: body.completed_at,
        grade: body.grade,
        result: body.result,
    };
    let row = ctx.apply(change).await?;
    Ok(etag::resource(&request, row.version, &Enrollment::from(row)))
}
