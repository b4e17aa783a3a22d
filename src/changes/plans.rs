//! Changes of learning plans, and of who has them.

use std::slice;

use super::{CHUNK, Change, entry, for_each_chunk, rules::About, sorted};
use crate::{
    access::users::act_on_user,
    domain::{
        entry::{Action, Source},
        ids::{CertificationId, EntryId, PlanId, UserId},
        policy::{Act, Caller},
        text::fold,
        version::IfMatch,
    },
    error::{Error, Result},
    journal::{
        draft::Draft,
        new_entry::NewEntry,
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
    store::{
        self,
        plans::{AssignmentRow, PlanRow},
        users::UserRow,
    },
};

/// Makes a learning plan.
pub struct CreatePlan {
    /// Its name.
    pub name: String,
    /// The certifications that it is made of.
    pub certification_ids: Vec<CertificationId>,
}

/// A learning plan, with the certifications that it is made of.
pub type PlanWithCertifications = (PlanRow, Vec<CertificationId>);

impl Change for CreatePlan {
    type Output = PlanWithCertifications;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::ChangeCatalogue)
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        let certifications = known_certifications(tx, &self.certification_ids)?;
        let row = PlanRow {
            id: tx.new_id(),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            search_key: fold(&self.name),
            name: self.name.clone(),
        };
        store::plans::insert(tx, &row)?;
        store::certifications::set_of_plan(tx, row.id, &certifications)?;
        Ok(Recorded::unlogged(Unlogged::Catalogue, (row, certifications)))
    }
}

/// Changes a learning plan.
pub struct UpdatePlan {
    /// Which one.
    pub id: PlanId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// Its new name.
    pub name: Option<String>,
    /// The certifications that it is made of now.
    pub certification_ids: Option<Vec<CertificationId>>,
}

impl Change for UpdatePlan {
    type Output = PlanWithCertifications;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::SeeCatalogue)?;
        store::plans::get(tx.read(), self.id)?;
        caller.must(Act::ChangeCatalogue)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        store::user_certifications::change_rules(tx)?;
        let mut row = store::plans::lock(tx, self.id)?;
        self.if_match.check(row.version)?;
        let had = store::certifications::of_plan(tx.read(), row.id)?;
        let has = match &self.certification_ids {
            Some(ids) => known_certifications(tx, ids)?,
            None => had.clone(),
        };
        let name = self.name.clone().unwrap_or_else(|| row.name.clone());
        if name == row.name && has == had {
            return Ok(Recorded::unchanged((row, has)));
        }
        row.name = name;
        store::plans::update(tx, &mut row)?;
        if has != had {
            store::certifications::set_of_plan(tx, row.id, &has)?;
            settle_everybody(tx, caller, &row)?;
        }
        Ok(Recorded::unlogged(Unlogged::Catalogue, (row, has)))
    }
}

fn known_certifications(tx: &mut Tx<'_>, ids: &[CertificationId]) -> Result<Vec<CertificationId>> {
    for (index, id) in ids.iter().enumerate() {
        let pointer = format!("/certification_ids/{index}");
        store::certifications::get(tx.read(), *id)
            .map_err(|error| error.in_body(&pointer, "certification"))?;
    }
    Ok(sorted(ids))
}

/// Brings everybody who has a plan in line with what it is made of, in bounded memory.
fn settle_everybody(tx: &mut Tx<'_>, caller: &Caller, plan: &PlanRow) -> Result<()> {
    for_each_chunk(
        tx,
        |tx, after| store::plans::holders(tx.read(), plan.id, after, CHUNK),
        |tx, users| {
            let about = About { users, certifications: &[], plans: slice::from_ref(plan) };
            about.decide(tx, caller, |case| case.settle_plan(plan.id, None).into_iter().collect())
        },
    )
}

/// Assigns a learning plan to a user. One that he has stays as it is.
pub struct AssignPlan {
    /// The user.
    pub user: UserId,
    /// The plan.
    pub plan: PlanId,
}

impl Change for AssignPlan {
    type Output = (AssignmentRow, PlanRow);

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        act_on_user(tx.read(), caller, self.user, Act::ChangeUser)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        store::user_certifications::hold_rules(tx)?;
        let user = store::user_locks::lock(tx, self.user)?;
        let plan = store::plans::get(tx.read(), self.plan)?;
        let entries =
            assign(tx, caller, slice::from_ref(&user), slice::from_ref(&plan), None, None)?;
        let row = store::plans::assignment(tx.read(), user.id, plan.id)?
            .ok_or_else(|| Error::internal("an assignment is not there"))?;
        if entries.is_empty() {
            return Ok(Recorded::unchanged((row, plan)));
        }
        Ok(Recorded::new((row, plan), entries))
    }
}

/// Gives users who are held plans that they do not have.
pub(super) fn assign(
    tx: &mut Tx<'_>,
    caller: &Caller,
    users: &[UserRow],
    plans: &[PlanRow],
    source: Option<Source>,
    cause: Option<EntryId>,
) -> Result<Vec<NewEntry>> {
    About { users, certifications: &[], plans }.decide(tx, caller, |case| {
        plans.iter().flat_map(|plan| case.assign(plan, source, cause)).collect()
    })
}

/// Takes a learning plan from a user. One that he does not have stays away.
pub struct UnassignPlan {
    /// The user.
    pub user: UserId,
    /// The plan.
    pub plan: PlanId,
}

impl Change for UnassignPlan {
    type Output = ();

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        act_on_user(tx.read(), caller, self.user, Act::ChangeUser)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        let user = store::user_locks::lock(tx, self.user)?;
        let plan = store::plans::get(tx.read(), self.plan)?;
        if store::plans::assignment(tx.read(), self.user, self.plan)?.is_none() {
            return Ok(Recorded::unchanged(()));
        }
        store::plans::unassign(tx, self.user, self.plan)?;
        let text = format!("The learning plan “{}” was taken from {}.", plan.name, user.name());
        let draft =
            Draft::system(user.id, Action::LearningPlanUnassigned, text).target(plan.target());
        Ok(Recorded::new((), vec![entry(tx, caller, draft)]))
    }
}
