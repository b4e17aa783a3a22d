//! Learning plans follow from certifications.

use super::user_rules::UserRules;
use crate::{
    domain::{
        certification::CertificationStatus as Status,
        entry::{Action, FieldChange, Source},
        ids::{EntryId, PlanId},
        timestamp::Timestamp,
    },
    journal::{draft::Draft, new_entry::NewEntry},
    store::{
        plans::{AssignmentRow, PlanRow},
        user_certifications::UserCertificationRow,
    },
};

impl UserRules<'_, '_> {
    /// Assigns a plan to the user, unless they have it. Certifications that they meet already may
    /// meet it at once.
    pub(in crate::changes) fn assign_plan(
        &mut self,
        plan: &PlanRow,
        source: Option<Source>,
        cause: Option<EntryId>,
    ) -> Vec<NewEntry> {
        if self.state.assignment(self.user.id, plan.id).is_some() {
            return Vec::new();
        }
        let text = format!("{} was assigned the learning plan “{}”.", self.user.name(), plan.name);
        let mut draft = Draft::system(self.user.id, Action::LearningPlanAssigned, text)
            .target(plan.target())
            .relates_to(cause);
        if let Some(source) = source {
            draft = draft.source(source);
        }
        let assigned = self.entry(draft);
        self.state.set_assignment(AssignmentRow {
            user_id: self.user.id,
            plan_id: plan.id,
            source: assigned.row().source,
            assigned_at: self.tx.now(),
            met_at: None,
        });
        let met = self.update_plan(plan.id, Some(&assigned));
        std::iter::once(assigned).chain(met).collect()
    }

    /// Updates a plan of the user to their certifications. A plan without any is never met.
    pub(in crate::changes) fn update_plan(
        &mut self,
        plan: PlanId,
        cause: Option<&NewEntry>,
    ) -> Option<NewEntry> {
        let (before, plan) = self.state.assignment(self.user.id, plan)?;
        let of_plan = self.state.certifications_of_plan(plan.id).iter();
        let certifications = of_plan.map(|id| self.state.certification(self.user.id, *id));
        let met_at = met_at(certifications, before.met_at.is_some(), self.tx.now());
        if met_at.is_some() == before.met_at.is_some() {
            return None;
        }
        let (action, verb) = match met_at {
            Some(_) => (Action::LearningPlanMet, "met"),
            None => (Action::LearningPlanUnmet, "no longer meets"),
        };
        let text = format!("{} {verb} the learning plan “{}”.", self.user.name(), plan.name);
        let draft = Draft::system(self.user.id, action, text)
            .target(plan.target())
            .changes(FieldChange::between("met_at", &before.met_at, &met_at))
            .caused_by(cause.map(NewEntry::cause));
        let after = AssignmentRow { met_at, ..before.clone() };
        self.state.set_assignment(after);
        Some(self.entry(draft))
    }
}

/// The time since when every certification of a plan is met; `None` while one is not.
///
/// A certification that has run out without an entry yet does not meet a plan. A plan that it met
/// before stays met until that entry exists.
fn met_at<'a>(
    certifications: impl Iterator<Item = Option<&'a UserCertificationRow>>,
    was_met: bool,
    now: Timestamp,
) -> Option<Timestamp> {
    let lasts = |it: &UserCertificationRow| was_met || it.expires_at.is_none_or(|time| time > now);
    let mut latest = None;
    for certification in certifications {
        let met = certification.filter(|it| it.status == Status::Met && lasts(it))?;
        latest = latest.max(met.met_at);
    }
    latest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Clock;

    fn day(number: i64) -> Timestamp {
        Timestamp::from_millis(number * 24 * 3600 * 1000).unwrap()
    }

    fn row(status: Status, met_at: i64, expires_at: Option<i64>) -> UserCertificationRow {
        let clock = Clock::stopped_at(day(0));
        UserCertificationRow {
            user_id: clock.new_id(day(0)),
            certification_id: clock.new_id(day(0)),
            status,
            met_at: Some(day(met_at)),
            expires_at: expires_at.map(day),
        }
    }

    /// The decision on day 100.
    fn decided(rows: &[Option<UserCertificationRow>], was_met: bool) -> Option<Timestamp> {
        met_at(rows.iter().map(Option::as_ref), was_met, day(100))
    }

    #[test]
    fn a_plan_is_met_since_the_last_of_its_certifications() {
        let rows = [Some(row(Status::Met, 10, None)), Some(row(Status::Met, 20, Some(101)))];
        assert_eq!(decided(&rows, false), Some(day(20)));
    }

    #[test]
    fn a_plan_is_not_met_while_one_certification_is_not() {
        let met = row(Status::Met, 10, None);
        assert_eq!(decided(&[Some(met.clone()), None], true), None);
        let expired = row(Status::Expired, 10, Some(40));
        assert_eq!(decided(&[Some(met), Some(expired)], true), None);
    }

    #[test]
    fn a_plan_without_certifications_is_never_met() {
        assert_eq!(decided(&[], false), None);
        assert_eq!(decided(&[], true), None);
    }

    #[test]
    fn a_certification_that_ran_out_without_an_entry_keeps_a_plan_and_meets_none() {
        let rows = [Some(row(Status::Met, 10, Some(100)))];
        assert_eq!(decided(&rows, false), None);
        assert_eq!(decided(&rows, true), Some(day(10)));
    }
}
