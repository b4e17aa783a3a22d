//! `/enrollments`, and `/users/{user_id}/enrollments`.

use actix_web::HttpResponse;

use super::enrollment_schema::{
    Completion, Enrollment, EnrollmentParams, EnrollmentPatch, NewEnrollment, UserEnrollmentParams,
};
use crate::{
    access::users::see_user,
    api::http::{
        body::{Body, Nothing},
        endpoint::{Endpoint, endpoint},
        etag::Precondition,
        extract::{Ctx, Path, Query},
        gates::{AcrossUsers, OneUser},
        paging::{Page, PageParams, Paging},
        problem::Problem,
    },
    changes::enrollments::{
        CancelEnrollment, Enroll, StartEnrollment, UpdateEnrollment, complete::CompleteEnrollment,
    },
    domain::{
        enrollment::CompletionMethod,
        ids::{EnrollmentId, UserId},
    },
    error::Result,
    store::{self, enrollments::EnrollmentQuery},
};

/// The operations of this file, in the order of the document.
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
    let query = EnrollmentQuery { user_id: Some(user), course_id, status };
    paging.respond(&ctx, OneUser(user), query, Enrollment::from).await
}

/// List enrollments
///
/// Of all users whom the caller may see, the newest first, cancelled ones too.
///
/// No index serves these combinations, so they scan enrollments until the page is full:
///
/// - a `status` that few enrollments have, without `user_id` or `course_id`;
/// - a caller who may see hundreds of users, but not all.
#[utoipa::path(get, path = "/enrollments", tag = "Enrollments",
    params(EnrollmentParams, PageParams),
    responses((status = 200, description = "One page of the enrollments.",
        body = Page<Enrollment>)))]
pub async fn list_enrollments(
    ctx: Ctx,
    paging: Paging,
    Query(params): Query<EnrollmentParams>,
) -> Result<HttpResponse> {
    paging.respond(&ctx, AcrossUsers, EnrollmentQuery::from(params), Enrollment::from).await
}

/// Enroll a user in a course
///
/// The status is `enrolled` until they start. After a cancellation, they can be enrolled again.
#[utoipa::path(post, path = "/users/{user_id}/enrollments", tag = "Enrollments",
    params(("user_id" = UserId, Path)), request_body = NewEnrollment,
    responses(
        (status = 201, description = "The enrollment.", body = Enrollment,
            example = json!(Enrollment::example("enrolled"))),
        (status = 409, description = "`already_exists`: the user is already enrolled in the course.",
            body = Problem, content_type = "application/problem+json")))]
pub async fn enroll_user(
    ctx: Ctx,
    Path(user): Path<UserId>,
    Body(body): Body<NewEnrollment>,
) -> Result<HttpResponse> {
    let NewEnrollment { course_id: course, due_at } = body;
    ctx.create::<Enrollment, _>(Enroll { user, course, due_at }).await
}

/// Get an enrollment
///
/// For everybody who may see the user. A `PATCH` needs its ETag.
#[utoipa::path(get, path = "/enrollments/{enrollment_id}", tag = "Enrollments",
    params(("enrollment_id" = EnrollmentId, Path)),
    responses((status = 200, description = "The enrollment.", body = Enrollment)))]
pub async fn get_enrollment(ctx: Ctx, Path(id): Path<EnrollmentId>) -> Result<HttpResponse> {
    let read = ctx.read(move |conn, caller| {
        let row = store::enrollments::get(conn, id)?;
        see_user(conn, caller, row.user_id)?;
        Ok(row)
    });
    Ok(ctx.resource::<Enrollment>(read.await?))
}

/// Change due date, grade or result
///
/// The due date is one entry, grade and result are another. What stays the same makes no entry.
#[utoipa::path(patch, path = "/enrollments/{enrollment_id}", tag = "Enrollments",
    params(("enrollment_id" = EnrollmentId, Path)), request_body = EnrollmentPatch,
    responses(
        (status = 200, description = "The enrollment as it is now.", body = Enrollment),
        (status = 409, description = "`conflict`: the enrollment is cancelled.",
            body = Problem, content_type = "application/problem+json")))]
pub async fn update_enrollment(
    ctx: Ctx,
    Path(id): Path<EnrollmentId>,
    Precondition(if_match): Precondition,
    Body(body): Body<EnrollmentPatch>,
) -> Result<HttpResponse> {
    let EnrollmentPatch { due_at, grade, result } = body;
    let change = UpdateEnrollment { id, if_match, due_at, grade, result };
    ctx.update::<Enrollment, _>(change).await
}

/// Cancel an enrollment
///
/// It stays readable. Idempotent: a repeated request changes and logs nothing.
#[utoipa::path(delete, path = "/enrollments/{enrollment_id}", tag = "Enrollments",
    params(("enrollment_id" = EnrollmentId, Path)),
    responses((status = 204, description = "The enrollment is cancelled.")))]
pub async fn cancel_enrollment(
    ctx: Ctx,
    Path(id): Path<EnrollmentId>,
    _: Body<Nothing>,
) -> Result<HttpResponse> {
    ctx.delete(CancelEnrollment { id }).await
}

/// Start an enrollment
///
/// Users start their own, their managers and administrators those of others. A started or completed enrollment stays as it is. Idempotent: a repeated request changes and logs
/// nothing.
#[utoipa::path(put, path = "/enrollments/{enrollment_id}/start", tag = "Enrollments",
    params(("enrollment_id" = EnrollmentId, Path)),
    responses(
        (status = 200, description = "The enrollment as it is now.", body = Enrollment,
            example = json!(Enrollment::example("in_progress"))),
        (status = 409, description = "`conflict`: the enrollment is cancelled.",
            body = Problem, content_type = "application/problem+json")))]
pub async fn start_enrollment(
    ctx: Ctx,
    Path(id): Path<EnrollmentId>,
    _: Body<Nothing>,
) -> Result<HttpResponse> {
    ctx.update::<Enrollment, _>(StartEnrollment { id }).await
}

/// Complete an enrollment
///
/// Earned by the learner, or forced. Idempotent: a repeated request changes and logs nothing.
#[utoipa::path(put, path = "/enrollments/{enrollment_id}/completion", tag = "Enrollments",
    params(("enrollment_id" = EnrollmentId, Path)), request_body = Completion,
    responses(
        (status = 200, description = "The enrollment as it is now.", body = Enrollment),
        (status = 409, description = "`conflict`: the enrollment is cancelled, or was completed \
            in another way.", body = Problem,
            content_type = "application/problem+json")))]
pub async fn complete_enrollment(
    ctx: Ctx,
    Path(id): Path<EnrollmentId>,
    Body(body): Body<Completion>,
) -> Result<HttpResponse> {
    let Completion { method, completed_at, grade, result } = body;
    let method = method.unwrap_or(CompletionMethod::Earned);
    let change = CompleteEnrollment { id, method, completed_at, grade, result };
    ctx.update::<Enrollment, _>(change).await
}
