//! `/courses`.

use actix_web::HttpResponse;

use super::course_schema::{Course, CourseParams, CoursePatch, NewCourse};
use crate::{
    api::http::{
        body::Body,
        endpoint::{Endpoint, endpoint},
        etag::Precondition,
        extract::{Ctx, Path, Query},
        gates::Catalogue,
        paging::{Page, PageParams, Paging},
    },
    changes::courses::{CreateCourse, UpdateCourse},
    domain::{catalogue::CourseStatus, ids::CourseId},
    error::Result,
    store::{self, courses::CourseQuery},
};

/// The operations of this file, in the order of the document.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_courses),
        endpoint!(create_course),
        endpoint!(get_course),
        endpoint!(update_course),
    ]
}

/// List the courses
///
/// By title.
#[utoipa::path(get, path = "/courses", tag = "Courses", params(CourseParams, PageParams),
    responses((status = 200, description = "One page of the courses.", body = Page<Course>)))]
pub async fn list_courses(
    ctx: Ctx,
    paging: Paging,
    Query(params): Query<CourseParams>,
) -> Result<HttpResponse> {
    paging.respond(&ctx, Catalogue, CourseQuery::from(params), Course::from).await
}

/// Create a course
///
/// For administrators. Users can be enrolled at once, unless the course is created as `archived`.
#[utoipa::path(post, path = "/courses", tag = "Courses", request_body = NewCourse,
    responses((status = 201, description = "The course.", body = Course)))]
pub async fn create_course(ctx: Ctx, Body(body): Body<NewCourse>) -> Result<HttpResponse> {
    let NewCourse { title, course_type, status } = body;
    let status = status.unwrap_or(CourseStatus::Active);
    ctx.create::<Course, _>(CreateCourse { title, course_type, status }).await
}

/// Get a course
///
/// For everybody who is logged in. A `PATCH` needs its ETag.
#[utoipa::path(get, path = "/courses/{course_id}", tag = "Courses",
    params(("course_id" = CourseId, Path)),
    responses((status = 200, description = "The course.", body = Course)))]
pub async fn get_course(ctx: Ctx, Path(id): Path<CourseId>) -> Result<HttpResponse> {
    ctx.show::<Course>(Catalogue, move |conn| store::courses::get(conn, id)).await
}

/// Change a course
///
/// For administrators. Enrolled users stay enrolled, even if the course becomes archived.
#[utoipa::path(patch, path = "/courses/{course_id}", tag = "Courses",
    params(("course_id" = CourseId, Path)), request_body = CoursePatch,
    responses((status = 200, description = "The course as it is now.", body = Course)))]
pub async fn update_course(
    ctx: Ctx,
    Path(id): Path<CourseId>,
    Precondition(if_match): Precondition,
    Body(body): Body<CoursePatch>,
) -> Result<HttpResponse> {
    let CoursePatch { title, course_type, status } = body;
    ctx.update::<Course, _>(UpdateCourse { id, if_match, title, course_type, status }).await
}
