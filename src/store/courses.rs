//! Courses.

use diesel::prelude::*;
use serde::Serialize;

use super::{
    contains, locked,
    page::{ByText, Slice, Window, after},
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::courses,
    },
    domain::{
        catalogue::{CourseStatus, CourseType},
        entry::{Target, TargetType},
        ids::{self, CourseId},
        text::fold,
        timestamp::Timestamp,
    },
    error::Result,
    journal::tx::Tx,
};

/// One course, as it is stored.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = courses)]
#[allow(missing_docs, reason = "the columns")]
pub struct CourseRow {
    pub id: CourseId,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub title: String,
    pub search_key: String,
    pub course_type: CourseType,
    pub status: CourseStatus,
}

impl CourseRow {
    /// As entries name it.
    pub fn target(&self) -> Target {
        let name = self.title.clone();
        Target { target_type: TargetType::Course, id: self.id.any(), name }
    }
}

/// The course of an id.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, id: CourseId) -> Result<CourseRow> {
    Ok(courses::table.find(id).first(conn)?)
}

/// The course of an id, held until the transaction ends.
///
/// # Errors
/// `not_found`.
pub fn lock(tx: &mut Tx<'_>, id: CourseId) -> Result<CourseRow> {
    Ok(locked!(tx, courses::table.find(id))?)
}

/// What a list of courses is narrowed by.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CourseFilter {
    /// Characters of the title.
    pub q: Option<String>,
    /// On offer or not.
    pub status: Option<CourseStatus>,
    /// How it is given.
    pub course_type: Option<CourseType>,
}

fn filtered(filter: &CourseFilter) -> courses::BoxedQuery<'static, MultiBackend> {
    let mut query = courses::table.into_boxed::<MultiBackend>();
    if let Some(q) = &filter.q {
        query = query.filter(courses::search_key.like(contains(q)).escape('\\'));
    }
    if let Some(status) = filter.status {
        query = query.filter(courses::status.eq(status));
    }
    if let Some(course_type) = filter.course_type {
        query = query.filter(courses::course_type.eq(course_type));
    }
    query
}

/// One page of the courses, by title.
///
/// # Errors
/// Of the database.
pub fn list(
    conn: &mut AnyConnection,
    filter: &CourseFilter,
    window: &Window<ByText<ids::Course>>,
) -> Result<Slice<CourseRow>> {
    let mut query = filtered(filter);
    if let Some(at) = &window.after {
        query = after!(query, courses::search_key, courses::id, gt, at.key, at.id);
    }
    let query = query.order((courses::search_key, courses::id)).limit(window.fetch());
    Ok(Slice::cut(query.load(conn)?, window.limit))
}

/// How many courses the filter lets through.
///
/// # Errors
/// Of the database.
pub fn count(conn: &mut AnyConnection, filter: &CourseFilter) -> Result<i64> {
    Ok(filtered(filter).count().get_result(conn)?)
}

/// Adds a course.
///
/// # Errors
/// Of the database.
pub fn insert(tx: &mut Tx<'_>, row: &CourseRow) -> Result<()> {
    diesel::insert_into(courses::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Writes the course's fields, and makes the version a new one.
///
/// # Errors
/// Of the database.
pub fn update(tx: &mut Tx<'_>, row: &mut CourseRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    row.search_key = fold(&row.title);
    diesel::update(courses::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}
