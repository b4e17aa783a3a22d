//! Courses.

use diesel::prelude::*;

use super::{contains, locked, page::list_by_search_key};
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

/// The course of an id, locked until the transaction ends.
///
/// # Errors
/// `not_found`.
pub fn lock(tx: &mut Tx<'_>, id: CourseId) -> Result<CourseRow> {
    Ok(locked!(tx, courses::table.find(id))?)
}

/// The list of courses, by title.
#[derive(Clone, Debug, Default)]
pub struct CourseQuery {
    /// Characters of the title.
    pub q: Option<String>,
    /// On offer or not.
    pub status: Option<CourseStatus>,
    /// How it is given.
    pub course_type: Option<CourseType>,
}

impl CourseQuery {
    fn filtered(&self) -> courses::BoxedQuery<'static, MultiBackend> {
        let mut query = courses::table.into_boxed::<MultiBackend>();
        if let Some(q) = &self.q {
            query = query.filter(courses::search_key.like(contains(q)).escape('\\'));
        }
        if let Some(status) = self.status {
            query = query.filter(courses::status.eq(status));
        }
        if let Some(course_type) = self.course_type {
            query = query.filter(courses::course_type.eq(course_type));
        }
        query
    }
}

list_by_search_key!(CourseQuery, courses, CourseRow, ids::Course);

/// Adds a course.
pub fn insert(tx: &mut Tx<'_>, row: &CourseRow) -> Result<()> {
    diesel::insert_into(courses::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Writes the course's fields with the next version.
pub fn update(tx: &mut Tx<'_>, row: &mut CourseRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    row.search_key = fold(&row.title);
    diesel::update(courses::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}
