//! What follows by rule: certifications from completions, learning plans from certifications.
//!
//! Everything here happens in the transaction of its cause, under the lock of the user, and gives
//! entries in the order: certifications, then plans. What the rules need to know is read before
//! they are applied, and what came of them is written after it: for one user as for many.

use std::collections::BTreeMap;

use super::entry;
use crate::{
    domain::{
        certification::{CertificationStatus as Status, expires_at},
        entry::{Action, FieldChange, Source},
        ids::{CourseId, EntryId, PlanId},
        policy::Caller,
        timestamp::Timestamp,
    },
    error::Result,
    journal::{draft::Draft, new_entry::NewEntry, tx::Tx},
    store::{
        self,
        certifications::CertificationRow,
        plans::{AssignmentRow, PlanRow},
        rule_state::Cohort,
        user_certifications::StandingRow,
        users::UserRow,
    },
};

/// What follows when a user's enrollment in a course changed.
///
/// # Errors
/// Of the database.
pub(super) fn after_course(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &UserRow,
    course: CourseId,
    cause: &NewEntry,
) -> Result<Vec<NewEntry>> {
    let certifications = store::certifications::requiring(tx.read(), course)?;
    let about =
        About { users: std::slice::from_ref(user), certifications: &certifications, plans: &[] };
    about.decide(tx, caller, |case| case.settle(&certifications, Some(cause)))
}

/// Users, who are held, and the certifications and plans that something is decided about.
pub(super) struct About<'a> {
    pub(super) users: &'a [UserRow],
    pub(super) certifications: &'a [CertificationRow],
    pub(super) plans: &'a [PlanRow],
}

impl About<'_> {
    /// Applies a rule to one user after another: the entries, in that order.
    ///
    /// # Errors
    /// Of the database.
    pub(super) fn decide(
        &self,
        tx: &mut Tx<'_>,
        caller: &Caller,
        rule: impl Fn(&mut Case<'_, '_>) -> Vec<NewEntry>,
    ) -> Result<Vec<NewEntry>> {
        let Self { users, certifications, plans } = *self;
        if certifications.is_empty() && plans.is_empty() {
            return Ok(Vec::new());
        }
        let mut known = Cohort::read(tx.read(), users, certifications, plans)?;
        let mut entries = Vec::new();
        for user in users {
            entries.extend(rule(&mut Case { tx, caller, user, known: &mut known }));
        }
        known.keep(tx)?;
        Ok(entries)
    }
}

/// One user, to whom rules are applied. Nothing here asks the database.
pub(super) struct Case<'a, 'tx> {
    tx: &'a Tx<'tx>,
    caller: &'a Caller,
    pub(super) user: &'a UserRow,
    known: &'a mut Cohort,
}

impl Case<'_, '_> {
    /// Brings how the user stands with certifications in line with his completions, and his plans
    /// with them.
    pub(super) fn settle(
        &mut self,
        certifications: &[CertificationRow],
        cause: Option<&NewEntry>,
    ) -> Vec<NewEntry> {
        let mut entries = Vec::new();
        let mut changed = Vec::new();
        for certification in certifications {
            entries.extend(self.expire(&Caller::Service, certification));
            if let Some(told) = self.certify(certification, cause) {
                changed.push((certification, told));
            }
        }
        entries.extend(self.with_plans(changed));
        entries
    }

    /// Expires a certification of the user, if it is due and nobody has done it. Whatever else
    /// changes how he stands does this first, so that the log tells of the expiry even if nobody
    /// looked for it in time.
    pub(super) fn expire(
        &mut self,
        caller: &Caller,
        certification: &CertificationRow,
    ) -> Vec<NewEntry> {
        let before = self.known.standing(self.user.id, certification.id).cloned();
        let Some(before) = before.filter(|it| it.status == Status::Met) else {
            return Vec::new();
        };
        let Some(expired_at) = before.expires_at.filter(|time| *time <= self.tx.now()) else {
            return Vec::new();
        };
        let after = StandingRow { status: Status::Expired, ..before.clone() };
        let text =
            format!("The certification “{}” of {} expired.", certification.name, self.user.name());
        let draft = Draft::system(self.user.id, Action::CertificationExpired, text)
            .target(certification.target())
            .changes(differences(&before, &after))
            .occurred_at(expired_at);
        self.known.set_standing(after);
        let told = entry(self.tx, caller, draft);
        Case { caller, known: self.known, ..*self }.with_plans(vec![(certification, told)])
    }

    /// Brings how the user stands with a certification in line with his completions.
    fn certify(
        &mut self,
        certification: &CertificationRow,
        cause: Option<&NewEntry>,
    ) -> Option<NewEntry> {
        let before = self.known.standing(self.user.id, certification.id).cloned();
        let before = before.unwrap_or(StandingRow {
            user_id: self.user.id,
            certification_id: certification.id,
            status: Status::NotMet,
            met_at: None,
            expires_at: None,
        });
        let met_at = self.completed_at(certification);
        let after = standing(&before, met_at, certification.validity_days, self.tx.now());
        if after == before {
            return None;
        }
        let (name, title) = (self.user.name(), &certification.name);
        let (action, text) = match after.status {
            Status::Met => {
                (Action::CertificationMet, format!("{name} met the certification “{title}”."))
            }
            Status::NotMet | Status::Expired => (
                Action::CertificationUnmet,
                format!("{name} no longer meets the certification “{title}”."),
            ),
        };
        let draft = Draft::system(self.user.id, action, text)
            .target(certification.target())
            .changes(differences(&before, &after))
            .caused_by(cause.map(NewEntry::cause));
        self.known.set_standing(after);
        Some(entry(self.tx, self.caller, draft))
    }

    /// When the user had completed every required course without a fail: the latest of the
    /// completions; none while one is missing.
    fn completed_at(&self, certification: &CertificationRow) -> Option<Timestamp> {
        let mut latest = None;
        for course in self.known.courses(certification.id) {
            latest = latest.max(self.known.completion(self.user.id, *course)?);
        }
        latest
    }

    /// What is told of certifications that changed, and of the plans that follow from them; the
    /// last of those that belong to a plan is its cause.
    fn with_plans(&mut self, changed: Vec<(&CertificationRow, NewEntry)>) -> Vec<NewEntry> {
        let mut causes: BTreeMap<PlanId, &NewEntry> = BTreeMap::new();
        for (certification, told) in &changed {
            for plan in self.known.plans_with(self.user.id, certification.id) {
                causes.insert(plan, told);
            }
        }
        let plans: Vec<NewEntry> = causes
            .into_iter()
            .filter_map(|(plan, cause)| self.settle_plan(plan, Some(cause)))
            .collect();
        changed.into_iter().map(|(_, told)| told).chain(plans).collect()
    }

    /// Gives the user a plan, if he does not have it; what he has met already may meet it at once.
    pub(super) fn assign(
        &mut self,
        plan: &PlanRow,
        source: Option<Source>,
        cause: Option<EntryId>,
    ) -> Vec<NewEntry> {
        if self.known.assignment(self.user.id, plan.id).is_some() {
            return Vec::new();
        }
        let text = format!("{} was assigned the learning plan “{}”.", self.user.name(), plan.name);
        let mut draft = Draft::system(self.user.id, Action::LearningPlanAssigned, text)
            .target(plan.target())
            .relates_to(cause);
        if let Some(source) = source {
            draft = draft.source(source);
        }
        let assigned = entry(self.tx, self.caller, draft);
        self.known.set_assignment(AssignmentRow {
            user_id: self.user.id,
            plan_id: plan.id,
            source: assigned.row().source,
            assigned_at: self.tx.now(),
            met_at: None,
        });
        let met = self.settle_plan(plan.id, Some(&assigned));
        std::iter::once(assigned).chain(met).collect()
    }

    /// Brings a plan of the user in line with his certifications. A plan without any is never met.
    pub(super) fn settle_plan(
        &mut self,
        plan: PlanId,
        cause: Option<&NewEntry>,
    ) -> Option<NewEntry> {
        let (before, plan) = self.known.assignment(self.user.id, plan)?;
        let met_at = self.plan_met_at(plan.id, before.met_at.is_some());
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
            .changes(FieldChange::of("met_at", &before.met_at, &met_at))
            .caused_by(cause.map(NewEntry::cause));
        let after = AssignmentRow { met_at, ..before.clone() };
        self.known.set_assignment(after);
        Some(entry(self.tx, self.caller, draft))
    }

    /// Since when every certification of a plan is met; none while one is not. One that has run out,
    /// which no entry tells of yet, meets no plan any more; a plan that was met by it stays so until
    /// the entry is there that takes it away.
    fn plan_met_at(&self, plan: PlanId, was_met: bool) -> Option<Timestamp> {
        let now = self.tx.now();
        let lasts =
            |it: &StandingRow| was_met || it.expires_at.is_none_or(|expires_at| expires_at > now);
        let mut latest = None;
        for certification in self.known.parts(plan) {
            let standing = self.known.standing(self.user.id, *certification);
            latest =
                latest.max(standing.filter(|it| it.status == Status::Met && lasts(it))?.met_at);
        }
        latest
    }
}

/// How a user stands, given since when his completions meet the certification, if they do.
fn standing(
    before: &StandingRow,
    met_at: Option<Timestamp>,
    validity_days: Option<i64>,
    now: Timestamp,
) -> StandingRow {
    let expires = met_at.and_then(|time| expires_at(time, validity_days));
    let with =
        |status, met_at, expires_at| StandingRow { status, met_at, expires_at, ..before.clone() };
    match met_at {
        None => with(Status::NotMet, None, None),
        // What has expired is met again by something newer, or by a longer validity; not by the
        // same completions seen again, nor by the older ones that fewer courses leave.
        Some(_)
            if before.status == Status::Expired
                && met_at <= before.met_at
                && expires.is_some_and(|time| time <= now) =>
        {
            before.clone()
        }
        Some(_) => with(Status::Met, met_at, expires),
    }
}

fn differences(before: &StandingRow, after: &StandingRow) -> Vec<FieldChange> {
    [
        FieldChange::of("status", &before.status, &after.status),
        FieldChange::of("met_at", &before.met_at, &after.met_at),
        FieldChange::of("expires_at", &before.expires_at, &after.expires_at),
    ]
    .into_iter()
    .flatten()
    .collect()
}
