//! `/courses`.

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
        paging::{Page, PageParams, Paging},
        reply::Answer,
        validate::line,
    },
    changes::courses::{CreateCourse, UpdateCourse},
    domain::{
        catalogue::{CourseStatus, CourseType},
        examples,
        ids::CourseId,
        limits::NAME_MAX,
        policy::Act,
        timestamp::Timestamp,
    },
    error::Result,
    store::{
        self,
        courses::{CourseFilter, CourseRow},
        page::ByText,
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_courses),
        endpoint!(create_course),
        endpoint!(get_course),
        endpoint!(update_course),
    ]
}

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

/// A course to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Security Basics", "type": "scorm"}))]
pub struct NewCourse {
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    title: String,
    #[serde(rename = "type")]
    course_type: CourseType,
    /// `active` if it is not said.
    status: Option<CourseStatus>,
}

/// What changes of a course.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"status": "archived"}))]
pub struct CoursePatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", nullable = false)]
    title: Option<String>,
    #[serde(default, deserialize_with = "present", rename = "type")]
    #[schema(nullable = false)]
    course_type: Option<CourseType>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    status: Option<CourseStatus>,
}

/// What a list of courses is narrowed by.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CourseParams {
    /// Characters of the title, anywhere in it, without regard to case.
    #[param(nullable = false)]
    q: Option<String>,
    /// On offer or not.
    #[param(nullable = false)]
    status: Option<CourseStatus>,
    /// How it is given.
    #[param(nullable = false)]
    r#type: Option<CourseType>,
}

/// List the courses
///
/// By title.
#[utoipa::path(get, path = "/courses", tag = "Courses", params(CourseParams, PageParams),
    responses((status = 200, description = "One page of the courses.", body = Page<Course>)))]
pub async fn list_courses(
    ctx: Ctx,
    mut paging: Paging,
    Query(params): Query<CourseParams>,
) -> Result<HttpResponse> {
    let filter = CourseFilter { q: params.q, status: params.status, course_type: params.r#type };
    let (window, count) = (paging.window()?, paging.count);
    let (slice, total) = paging
        .list(
            &ctx,
            move |_, caller| caller.must(Act::SeeCatalogue),
            move |conn, _| {
                let total = count.then(|| store::courses::count(conn, &filter)).transpose()?;
                Ok((store::courses::list(conn, &filter, &window)?, total))
            },
        )
        .await?;
    let next = slice.next(|row| ByText { key: row.search_key.clone(), id: row.id });
    paging.page(slice.rows.into_iter().map(Course::from).collect(), next, total)
}

/// Create a course
///
/// For administrators. Users can be enrolled in it at once, unless it is made `archived`.
#[utoipa::path(post, path = "/courses", tag = "Courses", request_body = NewCourse,
    responses((status = 201, description = "The course.", body = Course)))]
pub async fn create_course(ctx: Ctx, Body(body): Body<NewCourse>) -> Result<HttpResponse> {
    let status = body.status.unwrap_or(CourseStatus::Active);
    let change = CreateCourse { title: body.title, course_type: body.course_type, status };
    ctx.post(change, |row| {
        Answer::created(format!("/courses/{}", row.id), row.version, &Course::from(row))
    })
    .await
}

/// Get a course
///
/// For everybody who is logged in. Its ETag is what a `PATCH` needs.
#[utoipa::path(get, path = "/courses/{course_id}", tag = "Courses",
    params(("course_id" = CourseId, Path)),
    responses((status = 200, description = "The course.", body = Course)))]
pub async fn get_course(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<CourseId>,
) -> Result<HttpResponse> {
    let read = ctx.read(move |conn, caller| {
        caller.must(Act::SeeCatalogue)?;
        store::courses::get(conn, id)
    });
    let row = read.await?;
    Ok(etag::resource(&request, row.version, &Course::from(row)))
}

/// Change a course
///
/// For administrators. Whoever is enrolled in it stays so, also when it is archived.
#[utoipa::path(patch, path = "/courses/{course_id}", tag = "Courses",
    params(("course_id" = CourseId, Path)), request_body = CoursePatch,
    responses((status = 200, description = "The course as it is now.", body = Course)))]
pub async fn update_course(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<CourseId>,
    Precondition(if_match): Precondition,
    Body(body): Body<CoursePatch>,
) -> Result<HttpResponse> {
    let CoursePatch { title, course_type, status } = body;
    let row = ctx.apply(UpdateCourse { id, if_match, title, course_type, status }).await?;
    Ok(etag::resource(&request, row.version, &Course::from(row)))
}
