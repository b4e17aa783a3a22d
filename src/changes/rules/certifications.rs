//! Certifications follow from completions and from time.

use std::collections::BTreeMap;

use super::user_rules::UserRules;
use crate::{
    domain::{
        certification::{CertificationStatus as Status, expires_at},
        entry::{Action, FieldChange},
        ids::PlanId,
        policy::Caller,
        timestamp::Timestamp,
    },
    journal::{draft::Draft, new_entry::NewEntry},
    store::{certifications::CertificationRow, user_certifications::UserCertificationRow},
};

impl UserRules<'_, '_> {
    /// Updates certifications of the user to their completions, and the user's plans to both.
    pub(in crate::changes) fn update_certifications(
        &mut self,
        certifications: &[CertificationRow],
        cause: Option<&NewEntry>,
    ) -> Vec<NewEntry> {
        let mut entries = Vec::new();
        let mut updated = Vec::new();
        for certification in certifications {
            entries.extend(self.expire(&Caller::Service, certification));
            if let Some(entry) = self.update_certification(certification, cause) {
                updated.push((certification, entry));
            }
        }
        entries.extend(self.update_plans_with(updated));
        entries
    }

    /// Expires a certification of the user, if it is due and nobody has done so. Every other rule
    /// does this first, so that the log has the expiry even where the background job is late.
    pub(in crate::changes) fn expire(
        &mut self,
        caller: &Caller,
        certification: &CertificationRow,
    ) -> Vec<NewEntry> {
        let before = self.state.certification(self.user.id, certification.id).cloned();
        let Some(before) = before.filter(|it| it.status == Status::Met) else {
            return Vec::new();
        };
        let Some(expired_at) = before.expires_at.filter(|time| *time <= self.tx.now()) else {
            return Vec::new();
        };
        let after = UserCertificationRow { status: Status::Expired, ..before.clone() };
        let text =
            format!("The certification “{}” of {} expired.", certification.name, self.user.name());
        let draft = Draft::system(self.user.id, Action::CertificationExpired, text)
            .target(certification.target())
            .changes(differences(&before, &after))
            .occurred_at(expired_at);
        self.state.set_certification(after);
        let mut rules = UserRules { caller, state: self.state, ..*self };
        let entry = rules.entry(draft);
        rules.update_plans_with(vec![(certification, entry)])
    }

    /// Updates one certification of the user to their completions.
    fn update_certification(
        &mut self,
        certification: &CertificationRow,
        cause: Option<&NewEntry>,
    ) -> Option<NewEntry> {
        let before = self.state.certification(self.user.id, certification.id).cloned();
        let before = before.unwrap_or(UserCertificationRow {
            user_id: self.user.id,
            certification_id: certification.id,
            status: Status::NotMet,
            met_at: None,
            expires_at: None,
        });
        let met_at = self.completed_at(certification);
        let after = decide(&before, met_at, certification.validity_days, self.tx.now());
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
        self.state.set_certification(after);
        Some(self.entry(draft))
    }

    /// When the user had completed every required course without a fail: the latest of the
    /// completions; `None` while one is missing.
    fn completed_at(&self, certification: &CertificationRow) -> Option<Timestamp> {
        let mut latest = None;
        for course in self.state.courses(certification.id) {
            latest = latest.max(self.state.completion(self.user.id, *course)?);
        }
        latest
    }

    /// The entries of certifications, followed by those of the plans that follow from them. The
    /// last certification that belongs to a plan is the cause of the plan's entry.
    fn update_plans_with(&mut self, updated: Vec<(&CertificationRow, NewEntry)>) -> Vec<NewEntry> {
        let mut causes: BTreeMap<PlanId, &NewEntry> = BTreeMap::new();
        for (certification, entry) in &updated {
            for plan in self.state.plans_with(self.user.id, certification.id) {
                causes.insert(plan, entry);
            }
        }
        let plans: Vec<NewEntry> = causes
            .into_iter()
            .filter_map(|(plan, cause)| self.update_plan(plan, Some(cause)))
            .collect();
        updated.into_iter().map(|(_, entry)| entry).chain(plans).collect()
    }
}

/// The new status of a user's certification. `met_at` is the time since when the completions meet
/// it, if they do.
fn decide(
    before: &UserCertificationRow,
    met_at: Option<Timestamp>,
    validity_days: Option<i64>,
    now: Timestamp,
) -> UserCertificationRow {
    let expires = met_at.and_then(|time| expires_at(time, validity_days));
    let with = |status, met_at, expires_at| UserCertificationRow {
        status,
        met_at,
        expires_at,
        ..before.clone()
    };
    match met_at {
        None => with(Status::NotMet, None, None),
        // An expired certification is met again by a newer completion or a longer validity. It is
        // not by the same completions, nor by the older ones that fewer courses leave.
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

fn differences(before: &UserCertificationRow, after: &UserCertificationRow) -> Vec<FieldChange> {
    [
        FieldChange::between("status", &before.status, &after.status),
        FieldChange::between("met_at", &before.met_at, &after.met_at),
        FieldChange::between("expires_at", &before.expires_at, &after.expires_at),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Clock;

    fn day(number: i64) -> Timestamp {
        Timestamp::from_millis(number * 24 * 3600 * 1000).unwrap()
    }

    fn row(status: Status, met_at: Option<i64>, expires_at: Option<i64>) -> UserCertificationRow {
        let clock = Clock::stopped_at(day(0));
        UserCertificationRow {
            user_id: clock.new_id(day(0)),
            certification_id: clock.new_id(day(0)),
            status,
            met_at: met_at.map(day),
            expires_at: expires_at.map(day),
        }
    }

    /// Status, `met_at` and `expires_at` in days, of a decision on day 100.
    fn decided(
        before: &UserCertificationRow,
        met_at: Option<i64>,
        validity_days: Option<i64>,
    ) -> UserCertificationRow {
        decide(before, met_at.map(day), validity_days, day(100))
    }

    fn like(
        before: &UserCertificationRow,
        (status, met_at, expires_at): (Status, Option<i64>, Option<i64>),
    ) -> UserCertificationRow {
        let (met_at, expires_at) = (met_at.map(day), expires_at.map(day));
        UserCertificationRow { status, met_at, expires_at, ..before.clone() }
    }

    #[test]
    fn completions_meet_a_certification_and_its_validity_counts_from_the_last() {
        let before = row(Status::NotMet, None, None);
        let met = (Status::Met, Some(90), Some(120));
        assert_eq!(decided(&before, Some(90), Some(30)), like(&before, met));
        assert_eq!(decided(&before, Some(90), None), like(&before, (Status::Met, Some(90), None)));
    }

    #[test]
    fn without_completions_it_is_not_met_whatever_it_was() {
        for before in [
            row(Status::NotMet, None, None),
            row(Status::Met, Some(90), Some(120)),
            row(Status::Expired, Some(10), Some(40)),
        ] {
            let after = decided(&before, None, Some(30));
            assert_eq!(after, like(&before, (Status::NotMet, None, None)));
        }
    }

    #[test]
    fn what_has_expired_stays_so_with_the_same_or_older_completions() {
        let before = row(Status::Expired, Some(10), Some(40));
        assert_eq!(decided(&before, Some(10), Some(30)), before);
        assert_eq!(decided(&before, Some(5), Some(30)), before);
    }

    #[test]
    fn what_has_expired_is_met_again_by_a_newer_completion_or_a_longer_validity() {
        let before = row(Status::Expired, Some(10), Some(40));
        let renewed = (Status::Met, Some(95), Some(125));
        assert_eq!(decided(&before, Some(95), Some(30)), like(&before, renewed));
        let longer = (Status::Met, Some(10), Some(110));
        assert_eq!(decided(&before, Some(10), Some(100)), like(&before, longer));
        let for_ever = (Status::Met, Some(10), None);
        assert_eq!(decided(&before, Some(10), None), like(&before, for_ever));
    }
}
