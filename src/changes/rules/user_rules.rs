//! Applies rules to users: reads their state, lets the rules change it, writes it.

use std::slice;

use crate::{
    changes::entry,
    domain::{ids::CourseId, policy::Caller},
    error::Result,
    journal::{draft::Draft, new_entry::NewEntry, tx::Tx},
    store::{
        self, certifications::CertificationRow, plans::PlanRow, rule_state::RuleState,
        users::UserRow,
    },
};

/// Applies the rules that follow from a change of a user's enrollment in a course.
pub(in crate::changes) fn apply_after_course(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &UserRow,
    course: CourseId,
    cause: &NewEntry,
) -> Result<Vec<NewEntry>> {
    let certifications = store::certifications::requiring(tx.read(), course)?;
    let input =
        RuleInput { users: slice::from_ref(user), certifications: &certifications, plans: &[] };
    input.apply(tx, caller, |rules| rules.update_certifications(&certifications, Some(cause)))
}

/// Users, who are locked, and the certifications and plans that a rule decides on.
pub(in crate::changes) struct RuleInput<'a> {
    pub(in crate::changes) users: &'a [UserRow],
    pub(in crate::changes) certifications: &'a [CertificationRow],
    pub(in crate::changes) plans: &'a [PlanRow],
}

impl RuleInput<'_> {
    /// Applies a rule to one user after another, and returns the entries in that order.
    pub(in crate::changes) fn apply(
        &self,
        tx: &mut Tx<'_>,
        caller: &Caller,
        rule: impl Fn(&mut UserRules<'_, '_>) -> Vec<NewEntry>,
    ) -> Result<Vec<NewEntry>> {
        let Self { users, certifications, plans } = *self;
        if certifications.is_empty() && plans.is_empty() {
            return Ok(Vec::new());
        }
        let mut state = RuleState::read(tx.read(), users, certifications, plans)?;
        let mut entries = Vec::new();
        for user in users {
            entries.extend(rule(&mut UserRules { tx, caller, user, state: &mut state }));
        }
        state.write(tx)?;
        Ok(entries)
    }
}

/// The rules for one user. They change the state in memory, and never query the database.
pub(in crate::changes) struct UserRules<'a, 'tx> {
    pub(super) tx: &'a Tx<'tx>,
    pub(super) caller: &'a Caller,
    pub(super) user: &'a UserRow,
    pub(super) state: &'a mut RuleState,
}

impl UserRules<'_, '_> {
    /// A new entry of the caller.
    pub(super) fn entry(&self, draft: Draft) -> NewEntry {
        entry(self.tx, self.caller, draft)
    }
}
