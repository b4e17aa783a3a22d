//! Changes of courses. They are about no user, so no log tells of them.

use super::Change;
use crate::{
    domain::{
        catalogue::{CourseStatus, CourseType},
        ids::CourseId,
        policy::{Act, Caller},
        text::fold,
        version::IfMatch,
    },
    error::Result,
    journal::{
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
    store::{self, courses::CourseRow},
};

/// Makes a course.
pub struct CreateCourse {
    /// Its title.
    pub title: String,
    /// How it is given.
    pub course_type: CourseType,
    /// On offer or not.
    pub status: CourseStatus,
}

impl Change for CreateCourse {
    type Output = CourseRow;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::ChangeCatalogue)
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<CourseRow>> {
        let row = CourseRow {
            id: tx.new_id(),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            search_key: fold(&self.title),
            title: self.title.clone(),
            course_type: self.course_type,
            status: self.status,
        };
        store::courses::insert(tx, &row)?;
        Ok(Recorded::unlogged(Unlogged::Catalogue, row))
    }
}

/// Changes a course.
pub struct UpdateCourse {
    /// Which one.
    pub id: CourseId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// Its new title.
    pub title: Option<String>,
    /// How it is given now.
    pub course_type: Option<CourseType>,
    /// On offer or not.
    pub status: Option<CourseStatus>,
}

impl Change for UpdateCourse {
    type Output = CourseRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::SeeCatalogue)?;
        store::courses::get(tx.read(), self.id)?;
        caller.must(Act::ChangeCatalogue)
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<CourseRow>> {
        let mut row = store::courses::lock(tx, self.id)?;
        self.if_match.check(row.version)?;
        let before = (row.title.clone(), row.course_type, row.status);
        row.title = self.title.clone().unwrap_or(row.title);
        row.course_type = self.course_type.unwrap_or(row.course_type);
        row.status = self.status.unwrap_or(row.status);
        if before == (row.title.clone(), row.course_type, row.status) {
            return Ok(Recorded::unchanged(row));
        }
        store::courses::update(tx, &mut row)?;
        Ok(Recorded::unlogged(Unlogged::Catalogue, row))
    }
}
