//! `/enrollments`, and `/users/{user_id}/enrollments`.

use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    access::users::{see_user, visible},
    api::http::{
        body::{Body, Nothing, present},
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
        enrollment::{CompletionMethod, EnrollmentStatus, GradeResult},
        entry::Source,
        examples,
        ids::{CourseId, EnrollmentId, UserId},
        limits::GRADE_MAX,
        policy::Caller,
        timestamp::Timestamp,
    },
    error::Result,
    store::{
        self,
        enrollments::{EnrollmentFilter, EnrollmentRow},
    },
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
    /// How the user came into the course.
    source: Source,
    /// When it is due.
    #[schema(required = true)]
    due_at: Option<Timestamp>,
    #[schema(required = true)]
    started_at: Option<Timestamp>,
    #[schema(required = true)]
    completed_at: Option<Timestamp>,
    /// Whether the learner earned the completion, or somebody forced it.
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
    fn example(status: &str) -> Value {
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

/// A user to be enrolled in a course.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "course_id": examples::COURSE, "due_at": examples::DUE
}))]
pub struct NewEnrollment {
    course_id: CourseId,
    /// When it is due; no due date if it is not said.
    due_at: Option<Timestamp>,
}

/// What changes of an enrollment. null clears.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"due_at": examples::DUE}))]
pub struct EnrollmentPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Timestamp>)]
    due_at: Option<Option<Timestamp>>,
    /// In percent.
    #[serde(default, deserialize_with = "present")]
    #[validate(range(min = 0.0, max = GRADE_MAX))]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 100)]
    grade: Option<Option<f64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<GradeResult>)]
    result: Option<Option<GradeResult>>,
}

/// How an enrollment was completed.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"method": "forced"}))]
pub struct Completion {
    /// `earned` if it is not said.
    method: Option<CompletionMethod>,
    /// In percent.
    #[validate(range(min = 0.0, max = GRADE_MAX))]
    #[schema(minimum = 0, maximum = 100)]
    grade: Option<f64>,
    result: Option<GradeResult>,
    /// Now if it is not said. May be before the enrollment, not in the future.
    completed_at: Option<Timestamp>,
}

/// What a list of enrollments is narrowed by.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EnrollmentParams {
    /// Of one user.
    #[param(nullable = false)]
    user_id: Option<UserId>,
    /// In one course.
    #[param(nullable = false)]
    course_id: Option<CourseId>,
    /// Where they stand.
    #[param(nullable = false)]
    status: Option<EnrollmentStatus>,
}

/// What a list of one user's enrollments is narrowed by.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserEnrollmentParams {
    /// In one course.
    #[param(nullable = false)]
    course_id: Option<CourseId>,
    /// Where they stand.
    #[param(nullable = false)]
    status: Option<EnrollmentStatus>,
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
        (status = 201, description = "The enrollment.", body = Enrollment,
            example = json!(Enrollment::example("enrolled"))),
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
        (status = 200, description = "The enrollment as it is now.", body = Enrollment,
            example = json!(Enrollment::example("in_progress"))),
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
