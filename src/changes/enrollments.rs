//! Changes of enrollments.

pub mod complete;
mod locked;

use super::{Change, entry};
use crate::{
    access::users::act_on_user,
    domain::{
        catalogue::CourseStatus,
        enrollment::{EnrollmentStatus as Status, GradeResult},
        entry::{Action, FieldChange},
        ids::{CourseId, EnrollmentId, UserId},
        policy::{Act, Caller},
        timestamp::Timestamp,
        version::IfMatch,
    },
    error::{Error, Result},
    journal::{draft::Draft, recorded::Recorded, tx::Tx},
    store::{self, enrollments::EnrollmentRow},
};
use locked::{authorize, lock_exclusive};

/// Enrolls a user in a course.
pub struct Enroll {
    /// The user.
    pub user: UserId,
    /// The course.
    pub course: CourseId,
    /// Its due date.
    pub due_at: Option<Timestamp>,
}

impl Change for Enroll {
    type Output = EnrollmentRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        act_on_user(tx.read(), caller, self.user, Act::ChangeUser)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<EnrollmentRow>> {
        let user = store::user_locks::lock_exclusive(tx, self.user)?;
        let course = store::courses::get(tx.read(), self.course)
            .map_err(|error| error.in_body("/course_id", "course"))?;
        if course.status == CourseStatus::Archived {
            let text = "The course is archived: nobody new can be enrolled.";
            return Err(Error::invalid_field("/course_id", "archived", text));
        }
        let text = format!("{} was enrolled in “{}”.", user.name(), course.title);
        let draft = Draft::system(user.id, Action::EnrollmentCreated, text)
            .target(course.target())
            .changes(FieldChange::between("due_at", &None, &self.due_at));
        let written = entry(tx, caller, draft);
        let row = EnrollmentRow {
            id: tx.new_id(),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            user_id: user.id,
            course_id: course.id,
            status: Status::Enrolled,
            source: written.row().source,
            due_at: self.due_at,
            started_at: None,
            completed_at: None,
            completion_method: None,
            grade: None,
            result: None,
        };
        store::enrollments::insert(tx, &row)?;
        Ok(Recorded::new(row, vec![written]))
    }
}

/// Changes due date, grade or result. What is `None` stays as it is.
pub struct UpdateEnrollment {
    /// Its id.
    pub id: EnrollmentId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// Its due date.
    pub due_at: Option<Option<Timestamp>>,
    /// The grade, in percent.
    pub grade: Option<Option<f64>>,
    /// Passed or failed.
    pub result: Option<Option<GradeResult>>,
}

impl Change for UpdateEnrollment {
    type Output = EnrollmentRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        let grades = self.grade.is_some() || self.result.is_some();
        let act = if grades { Act::GradeEnrollment } else { Act::ChangeUser };
        authorize(tx, caller, self.id, act)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<EnrollmentRow>> {
        let mut enrollment = lock_exclusive(tx, self.id)?;
        self.if_match.check(enrollment.row.version)?;
        enrollment = enrollment.refuse_cancelled()?;
        let (name, title) = (enrollment.user.name(), enrollment.course.title.clone());
        let mut entries = Vec::new();

        let before = enrollment.row.clone();
        enrollment.row.due_at = self.due_at.unwrap_or(before.due_at);
        if enrollment.row != before {
            let text = format!("The due date of {name} in “{title}” was changed.");
            let draft = enrollment.draft(Action::EnrollmentDueDateChanged, text, &before);
            entries.push(entry(tx, caller, draft));
        }
        let before = enrollment.row.clone();
        enrollment.row.grade = self.grade.unwrap_or(before.grade);
        enrollment.row.result = self.result.unwrap_or(before.result);
        if enrollment.row != before {
            let text = format!("The grade of {name} in “{title}” was changed.");
            let draft = enrollment.draft(Action::EnrollmentGradeChanged, text, &before);
            entries.push(entry(tx, caller, draft));
        }
        let Some(last) = entries.pop() else {
            return Ok(Recorded::unchanged(enrollment.row));
        };
        entries.extend(enrollment.update(tx, caller, last)?);
        Ok(Recorded::new(enrollment.row, entries))
    }
}

/// Starts an enrollment. One that is started or completed stays as it is.
pub struct StartEnrollment {
    /// Its id.
    pub id: EnrollmentId,
}

impl Change for StartEnrollment {
    type Output = EnrollmentRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(tx, caller, self.id, Act::StartEnrollment)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<EnrollmentRow>> {
        let mut enrollment = lock_exclusive(tx, self.id)?.refuse_cancelled()?;
        if enrollment.row.status != Status::Enrolled {
            return Ok(Recorded::unchanged(enrollment.row));
        }
        let before = enrollment.row.clone();
        enrollment.row.status = Status::InProgress;
        enrollment.row.started_at = Some(tx.now());
        let text = format!("{} started “{}”.", enrollment.user.name(), enrollment.course.title);
        let draft = enrollment.draft(Action::EnrollmentStarted, text, &before);
        let written = entry(tx, caller, draft);
        let entries = enrollment.update(tx, caller, written)?;
        Ok(Recorded::new(enrollment.row, entries))
    }
}

/// Cancels an enrollment. A cancelled one stays as it is.
pub struct CancelEnrollment {
    /// Its id.
    pub id: EnrollmentId,
}

impl Change for CancelEnrollment {
    type Output = ();

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(tx, caller, self.id, Act::ChangeUser)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        let mut enrollment = lock_exclusive(tx, self.id)?;
        if enrollment.row.status == Status::Cancelled {
            return Ok(Recorded::unchanged(()));
        }
        let before = enrollment.row.clone();
        enrollment.row.status = Status::Cancelled;
        let (name, title) = (enrollment.user.name(), &enrollment.course.title);
        let text = format!("The enrollment of {name} in “{title}” was cancelled.");
        let draft = enrollment.draft(Action::EnrollmentCancelled, text, &before);
        let written = entry(tx, caller, draft);
        let entries = enrollment.update(tx, caller, written)?;
        Ok(Recorded::new((), entries))
    }
}
