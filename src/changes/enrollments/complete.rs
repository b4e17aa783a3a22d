//! Completes an enrollment.

use super::locked::{authorize, lock_exclusive};
use crate::{
    changes::{Change, entry},
    domain::{
        enrollment::{CompletionMethod, EnrollmentStatus as Status, GradeResult},
        entry::Action,
        ids::EnrollmentId,
        policy::{Act, Caller},
        timestamp::Timestamp,
    },
    error::{Error, Result},
    journal::{recorded::Recorded, tx::Tx},
    store::enrollments::EnrollmentRow,
};

/// Completes an enrollment. What is `None` stays as it is; `completed_at` becomes now.
pub struct CompleteEnrollment {
    /// Its id.
    pub id: EnrollmentId,
    /// By the learner, or forced by somebody.
    pub method: CompletionMethod,
    /// The time, if not now; not in the future.
    pub completed_at: Option<Timestamp>,
    /// The grade, in percent.
    pub grade: Option<f64>,
    /// Passed or failed.
    pub result: Option<GradeResult>,
}

impl CompleteEnrollment {
    /// Whether a completed enrollment is what this asks for: then the request is a repetition.
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
        authorize(tx, caller, self.id, Act::GradeEnrollment)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<EnrollmentRow>> {
        let mut enrollment = lock_exclusive(tx, self.id)?.refuse_cancelled()?;
        if enrollment.row.status == Status::Completed {
            if self.is_done(&enrollment.row) {
                return Ok(Recorded::unchanged(enrollment.row));
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
        let before = enrollment.row.clone();
        enrollment.row.status = Status::Completed;
        enrollment.row.completed_at = Some(completed_at);
        enrollment.row.completion_method = Some(self.method);
        enrollment.row.grade = self.grade.or(before.grade);
        enrollment.row.result = self.result.or(before.result);
        let (name, title) = (enrollment.user.name(), &enrollment.course.title);
        let draft = match self.method {
            CompletionMethod::Earned => {
                let text = format!("{name} completed “{title}”.");
                // The learner did it then; somebody who forces a completion does it now (D-25).
                enrollment
                    .draft(Action::EnrollmentCompleted, text, &before)
                    .occurred_at(completed_at)
            }
            CompletionMethod::Forced => {
                let text = format!("The enrollment of {name} in “{title}” was set to completed.");
                enrollment.draft(Action::EnrollmentForcedComplete, text, &before)
            }
        };
        let written = entry(tx, caller, draft);
        let entries = enrollment.update(tx, caller, written)?;
        Ok(Recorded::new(enrollment.row, entries))
    }
}
