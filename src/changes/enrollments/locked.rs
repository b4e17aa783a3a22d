//! An enrollment that is locked to be changed.

use crate::{
    access::users::act_on_user,
    changes::rules::user_rules::apply_after_course,
    domain::{
        enrollment::EnrollmentStatus as Status,
        entry::{Action, FieldChange},
        ids::EnrollmentId,
        policy::{Act, Caller, Subject},
    },
    error::{Error, Result},
    journal::{draft::Draft, new_entry::NewEntry, tx::Tx},
    store::{self, courses::CourseRow, enrollments::EnrollmentRow, users::UserRow},
};

/// Refuses callers who may not do something to an enrollment.
///
/// # Errors
/// `not_found`, `forbidden`.
pub(super) fn authorize(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: EnrollmentId,
    act: impl FnOnce(Subject) -> Act,
) -> Result<()> {
    let row = store::enrollments::get(tx.read(), id)?;
    act_on_user(tx.read(), caller, row.user_id, act)
}

/// An enrollment and its user, both locked, with its course.
pub(super) struct LockedEnrollment {
    pub(super) row: EnrollmentRow,
    pub(super) user: UserRow,
    pub(super) course: CourseRow,
}

/// Locks the rules shared, then the user of an enrollment and the enrollment itself exclusive.
///
/// # Errors
/// `not_found`.
pub(super) fn lock_exclusive(tx: &mut Tx<'_>, id: EnrollmentId) -> Result<LockedEnrollment> {
    store::rule_lock::lock_rules_shared(tx)?;
    // Everybody who locks an enrollment locks its user first, so that no deadlock arises.
    let user_id = store::enrollments::get(tx.read(), id)?.user_id;
    let user = store::user_locks::lock_exclusive(tx, user_id)?;
    let row = store::enrollments::lock(tx, id)?;
    let course = store::courses::get(tx.read(), row.course_id)?;
    Ok(LockedEnrollment { row, user, course })
}

impl LockedEnrollment {
    /// Refuses a cancelled enrollment.
    ///
    /// # Errors
    /// `conflict`.
    pub(super) fn refuse_cancelled(self) -> Result<Self> {
        match self.row.status {
            Status::Cancelled => Err(Error::conflict(
                "The enrollment is cancelled. The user may be enrolled in the course again.",
            )),
            Status::Enrolled | Status::InProgress | Status::Completed => Ok(self),
        }
    }

    /// Writes the enrollment, and applies the rules that follow. Returns `cause`, the entry of the
    /// change itself, and then the entries of the rules.
    pub(super) fn update(
        &mut self,
        tx: &mut Tx<'_>,
        caller: &Caller,
        cause: NewEntry,
    ) -> Result<Vec<NewEntry>> {
        store::enrollments::update(tx, &mut self.row)?;
        let follows = apply_after_course(tx, caller, &self.user, self.row.course_id, &cause)?;
        Ok(std::iter::once(cause).chain(follows).collect())
    }

    /// A draft of the difference to the enrollment before.
    pub(super) fn draft(&self, action: Action, text: String, before: &EnrollmentRow) -> Draft {
        Draft::system(self.user.id, action, text)
            .target(self.course.target())
            .changes(differences(before, &self.row))
    }
}

fn differences(before: &EnrollmentRow, after: &EnrollmentRow) -> Vec<FieldChange> {
    [
        FieldChange::between("status", &before.status, &after.status),
        FieldChange::between("due_at", &before.due_at, &after.due_at),
        FieldChange::between("started_at", &before.started_at, &after.started_at),
        FieldChange::between("completed_at", &before.completed_at, &after.completed_at),
        FieldChange::between(
            "completion_method",
            &before.completion_method,
            &after.completion_method,
        ),
        FieldChange::between("grade", &before.grade, &after.grade),
        FieldChange::between("result", &before.result, &after.result),
    ]
    .into_iter()
    .flatten()
    .collect()
}
