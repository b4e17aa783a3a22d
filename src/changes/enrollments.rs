//! Changes of enrollments: the life of one user in one course.

use super::{Change, entry, rules};
use crate::{
    access::users::act_on_user,
    domain::{
        catalogue::CourseStatus,
        enrollment::{CompletionMethod, EnrollmentStatus as Status, GradeResult},
        entry::{Action, FieldChange},
        ids::{CourseId, EnrollmentId, UserId},
        policy::{Act, Caller},
        timestamp::Timestamp,
        version::IfMatch,
    },
    error::{Error, Result},
    journal::{draft::Draft, new_entry::NewEntry, recorded::Recorded, tx::Tx},
    store::{self, courses::CourseRow, enrollments::EnrollmentRow, users::UserRow},
};

/// Enrolls a user in a course.
pub struct Enroll {
    /// The user.
    pub user: UserId,
    /// The course.
    pub course: CourseId,
    /// When it is due.
    pub due_at: Option<Timestamp>,
}

impl Change for Enroll {
    type Output = EnrollmentRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        act_on_user(tx.read(), caller, self.user, Act::ChangeUser)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<EnrollmentRow>> {
        let user = store::user_locks::lock(tx, self.user)?;
        let course = store::courses::get(tx.read(), self.course)
            .map_err(|error| error.in_body("/course_id", "course"))?;
        if course.status == CourseStatus::Archived {
            let text = "The course is archived: nobody new can be enrolled.";
            return Err(Error::invalid_field("/course_id", "archived", text));
        }
        let text = format!("{} was enrolled in “{}”.", user.name(), course.title);
        let draft = Draft::system(user.id, Action::EnrollmentCreated, text)
            .target(course.target())
            .changes(FieldChange::of("due_at", &None, &self.due_at));
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

/// An enrollment with its user and course, all of them as they stay until the transaction ends.
struct Held {
    row: EnrollmentRow,
    user: UserRow,
    course: CourseRow,
}

fn authorize(tx: &mut Tx<'_>, caller: &Caller, id: EnrollmentId) -> Result<()> {
    let row = store::enrollments::get(tx.read(), id)?;
    act_on_user(tx.read(), caller, row.user_id, Act::ChangeUser)
}

fn hold(tx: &mut Tx<'_>, id: EnrollmentId) -> Result<Held> {
    store::user_certifications::hold_rules(tx)?;
    // The user first: whoever changes one of his enrollments holds him, so none waits in a circle.
    let user_id = store::enrollments::get(tx.read(), id)?.user_id;
    let user = store::user_locks::lock(tx, user_id)?;
    let row = store::enrollments::lock(tx, id)?;
    let course = store::courses::get(tx.read(), row.course_id)?;
    Ok(Held { row, user, course })
}

impl Held {
    fn live(self) -> Result<Self> {
        match self.row.status {
            Status::Cancelled => Err(Error::conflict(
                "The enrollment is cancelled. The user may be enrolled in the course again.",
            )),
            Status::Enrolled | Status::InProgress | Status::Completed => Ok(self),
        }
    }

    /// Writes the enrollment as it is now, and lets follow what follows from it: the entries, with
    /// the one that tells of the change itself first.
    fn keep(&mut self, tx: &mut Tx<'_>, caller: &Caller, told: NewEntry) -> Result<Vec<NewEntry>> {
        store::enrollments::update(tx, &mut self.row)?;
        let follows = rules::after_course(tx, caller, &self.user, self.row.course_id, &told)?;
        Ok(std::iter::once(told).chain(follows).collect())
    }

    fn draft(&self, action: Action, text: String, before: &EnrollmentRow) -> Draft {
        Draft::system(self.user.id, action, text)
            .target(self.course.target())
            .changes(differences(before, &self.row))
    }
}

fn differences(before: &EnrollmentRow, after: &EnrollmentRow) -> Vec<FieldChange> {
    [
        FieldChange::of("status", &before.status, &after.status),
        FieldChange::of("due_at", &before.due_at, &after.due_at),
        FieldChange::of("started_at", &before.started_at, &after.started_at),
        FieldChange::of("completed_at", &before.completed_at, &after.completed_at),
        FieldChange::of("completion_method", &before.completion_method, &after.completion_method),
        FieldChange::of("grade", &before.grade, &after.grade),
        FieldChange::of("result", &before.result, &after.result),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Changes due date, grade or result. What is `None` stays as it is.
pub struct UpdateEnrollment {
    /// Which one.
    pub id: EnrollmentId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// When it is due.
    pub due_at: Option<Option<Timestamp>>,
    /// The grade, in percent.
    pub grade: Option<Option<f64>>,
    /// Passed or failed.
    pub result: Option<Option<GradeResult>>,
}

impl Change for UpdateEnrollment {
    type Output = EnrollmentRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(tx, caller, self.id)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<EnrollmentRow>> {
        let mut held = hold(tx, self.id)?;
        self.if_match.check(held.row.version)?;
        held = held.live()?;
        let (name, title) = (held.user.name(), held.course.title.clone());
        let mut entries = Vec::new();

        let before = held.row.clone();
        held.row.due_at = self.due_at.unwrap_or(before.due_at);
        if held.row != before {
            let text = format!("The due date of {name} in “{title}” was changed.");
            let draft = held.draft(Action::EnrollmentDueDateChanged, text, &before);
            entries.push(entry(tx, caller, draft));
        }
        let before = held.row.clone();
        held.row.grade = self.grade.unwrap_or(before.grade);
        held.row.result = self.result.unwrap_or(before.result);
        if held.row != before {
            let text = format!("The grade of {name} in “{title}” was changed.");
            let draft = held.draft(Action::EnrollmentGradeChanged, text, &before);
            entries.push(entry(tx, caller, draft));
        }
        let Some(last) = entries.pop() else {
            return Ok(Recorded::unchanged(held.row));
        };
        let mut told = held.keep(tx, caller, last)?;
        entries.append(&mut told);
        Ok(Recorded::new(held.row, entries))
    }
}

/// Starts an enrollment. One that is started, or completed, stays as it is.
pub struct StartEnrollment {
    /// Which one.
    pub id: EnrollmentId,
}

impl Change for StartEnrollment {
    type Output = EnrollmentRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(tx, caller, self.id)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<EnrollmentRow>> {
        let mut held = hold(tx, self.id)?.live()?;
        if held.row.status != Status::Enrolled {
            return Ok(Recorded::unchanged(held.row));
        }
        let before = held.row.clone();
        held.row.status = Status::InProgress;
        held.row.started_at = Some(tx.now());
        let text = format!("{} started “{}”.", held.user.name(), held.course.title);
        let draft = held.draft(Action::EnrollmentStarted, text, &before);
        let written = entry(tx, caller, draft);
        let entries = held.keep(tx, caller, written)?;
        Ok(Recorded::new(held.row, entries))
    }
}

/// Completes an enrollment. What is `None` stays as it is; `completed_at` becomes now.
pub struct CompleteEnrollment {
    /// Which one.
    pub id: EnrollmentId,
    /// By himself, or by force.
    pub method: CompletionMethod,
    /// When, if not now; not in the future.
    pub completed_at: Option<Timestamp>,
    /// The grade, in percent.
    pub grade: Option<f64>,
    /// Passed or failed.
    pub result: Option<GradeResult>,
}

impl CompleteEnrollment {
    /// Whether a completed enrollment is what this asks for: then it was asked for before.
    fn is_done(&self, row: &EnrollmentRow) -> bool {
        row.completion_method == Some(self.method)
            && (self.completed_at.is_none() || row.completed_at == self.completed_at)
            && (self.grade.is_none() || row.grade == self.grade)
            && (self.result.is_none() || row.result == self.result)
    }
}

impl Change for CompleteEnrollment {
    type Output = EnrollmentRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(tx, caller, self.id)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<EnrollmentRow>> {
        let mut held = hold(tx, self.id)?.live()?;
        if held.row.status == Status::Completed {
            if self.is_done(&held.row) {
                return Ok(Recorded::unchanged(held.row));
            }
            return Err(Error::conflict(
                "The enrollment is completed otherwise. Grade and result are changed by PATCH.",
            ));
        }
        let completed_at = self.completed_at.unwrap_or(tx.now());
        if completed_at > tx.now() {
            let text = "A completion can't be in the future.";
            return Err(Error::invalid_field("/completed_at", "in_future", text));
        }
        let before = held.row.clone();
        held.row.status = Status::Completed;
        held.row.completed_at = Some(completed_at);
        held.row.completion_method = Some(self.method);
        held.row.grade = self.grade.or(before.grade);
        held.row.result = self.result.or(before.result);
        let (name, title) = (held.user.name(), &held.course.title);
        let draft = match self.method {
            CompletionMethod::Earned => {
                let text = format!("{name} completed “{title}”.");
                // What the learner did happened then; that somebody forces it happens now.
                held.draft(Action::EnrollmentCompleted, text, &before).occurred_at(completed_at)
            }
            CompletionMethod::Forced => {
                let text = format!("The enrollment of {name} in “{title}” was set to completed.");
                held.draft(Action::EnrollmentForcedComplete, text, &before)
            }
        };
        let written = entry(tx, caller, draft);
        let entries = held.keep(tx, caller, written)?;
        Ok(Recorded::new(held.row, entries))
    }
}

/// Cancels an enrollment. A cancelled one stays as it is.
pub struct CancelEnrollment {
    /// Which one.
    pub id: EnrollmentId,
}

impl Change for CancelEnrollment {
    type Output = ();

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(tx, caller, self.id)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        let mut held = hold(tx, self.id)?;
        if held.row.status == Status::Cancelled {
            return Ok(Recorded::unchanged(()));
        }
        let before = held.row.clone();
        held.row.status = Status::Cancelled;
        let (name, title) = (held.user.name(), &held.course.title);
        let text = format!("The enrollment of {name} in “{title}” was cancelled.");
        let draft = held.draft(Action::EnrollmentCancelled, text, &before);
        let written = entry(tx, caller, draft);
        let entries = held.keep(tx, caller, written)?;
        Ok(Recorded::new((), entries))
    }
}
