//! Changes of courses. No log has them, since they concern no user.

use super::{Change, catalogue, patch::set};
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

/// Creates a course.
pub struct CreateCourse {
    /// Its title.
    pub title: String,
    /// Its form of delivery.
    pub course_type: CourseType,
    /// Active or archived.
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

/// Changes a course. What is `None` stays as it is.
pub struct UpdateCourse {
    /// Its id.
    pub id: CourseId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// Its new title.
    pub title: Option<String>,
    /// Its new form of delivery.
    pub course_type: Option<CourseType>,
    /// Active or archived.
    pub status: Option<CourseStatus>,
}

impl Change for UpdateCourse {
    type Output = CourseRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        catalogue::authorize::<CourseRow>(tx, caller, self.id, Act::ChangeCatalogue)
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<CourseRow>> {
        catalogue::update(tx, self.id, &self.if_match, |row: &mut CourseRow| {
            set(&mut row.title, self.title.as_ref())
                | set(&mut row.course_type, self.course_type.as_ref())
                | set(&mut row.status, self.status.as_ref())
        })
    }
}
