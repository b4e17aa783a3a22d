//! `/courses`.

use actix_web::{HttpRequest, HttpResponse};

use super::course_schema::{Course, CourseParams, CoursePatch, NewCourse};
use crate::{
    api::http::{
        body::Body,
        endpoint::{Endpoint, endpoint},
        etag::{self, Precondition},
        extract::{Ctx, Path, Query},
        paging::{Page, PageParams, Paging},
        reply::Answer,
    },
    changes::courses::{CreateCourse, UpdateCourse},
    domain::{catalogue::CourseStatus, ids::CourseId, policy::Act},
    error::Result,
    store::{self, courses::CourseFilter, page::ByText},
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
