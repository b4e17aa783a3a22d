//! Changes of learning plans, and of their assignments to users.

use std::slice;

use super::{
    CHUNK, Change,
    catalogue::{self, Patched, RequiringRow},
    entry, for_each_chunk,
    patch::set,
    rules::user_rules::RuleInput,
};
use crate::{
    access::users::act_on_user,
    db::connection::AnyConnection,
    domain::{
        entry::{Action, Source},
        ids::{self, CertificationId, EntryId, PlanId, UserId},
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

/// Creates a learning plan.
pub struct CreatePlan {
    /// Its name.
    pub name: String,
    /// Its certifications.
    pub certification_ids: Vec<CertificationId>,
}

/// A learning plan, with its certifications.
pub type PlanWithCertifications = (PlanRow, Vec<CertificationId>);

impl Change for CreatePlan {
    type Output = PlanWithCertifications;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::ChangeCatalogue)
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        let certifications = catalogue::checked::<PlanRow>(tx, &self.certification_ids)?;
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

/// Changes a learning plan. What is `None` stays as it is.
pub struct UpdatePlan {
    /// Its id.
    pub id: PlanId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// Its new name.
    pub name: Option<String>,
    /// Its certifications from now on.
    pub certification_ids: Option<Vec<CertificationId>>,
}

impl Change for UpdatePlan {
    type Output = PlanWithCertifications;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        catalogue::authorize::<PlanRow>(tx, caller, self.id, Act::ChangeCatalogue)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        catalogue::update_requiring(
            tx,
            self.id,
            &self.if_match,
            self.certification_ids.as_deref(),
            |row: &mut PlanRow| Patched {
                name: set(&mut row.name, self.name.as_ref()),
                rule: false,
            },
            |tx, row, _| update_users(tx, caller, row),
        )
    }
}

impl RequiringRow for PlanRow {
    type Required = ids::Certification;

    const REQUIRED: (&str, &str) = ("certification_ids", "certification");

    fn required(conn: &mut AnyConnection, id: PlanId) -> Result<Vec<CertificationId>> {
        store::certifications::of_plan(conn, id)
    }

    fn set_required(tx: &mut Tx<'_>, id: PlanId, ids: &[CertificationId]) -> Result<()> {
        store::certifications::set_of_plan(tx, id, ids)
    }

    fn check(conn: &mut AnyConnection, certification: CertificationId) -> Result<()> {
        store::certifications::get(conn, certification).map(drop)
    }
}

/// Updates a plan for all users who have it, in bounded memory.
fn update_users(tx: &mut Tx<'_>, caller: &Caller, plan: &PlanRow) -> Result<()> {
    for_each_chunk(
        tx,
        |tx, after| store::plans::holders(tx.read(), plan.id, after, CHUNK),
        |tx, users| {
            let input = RuleInput { users, certifications: &[], plans: slice::from_ref(plan) };
            input.apply(tx, caller, |rules| rules.update_plan(plan.id, None).into_iter().collect())
        },
    )
}

/// Assigns a learning plan to a user. One that they have stays as it is.
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
        store::rule_lock::lock_rules_shared(tx)?;
        let user = store::user_locks::lock_exclusive(tx, self.user)?;
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

/// Assigns plans to users, who are locked, unless they have them.
pub(super) fn assign(
    tx: &mut Tx<'_>,
    caller: &Caller,
    users: &[UserRow],
    plans: &[PlanRow],
    source: Option<Source>,
    cause: Option<EntryId>,
) -> Result<Vec<NewEntry>> {
    RuleInput { users, certifications: &[], plans }.apply(tx, caller, |rules| {
        plans.iter().flat_map(|plan| rules.assign_plan(plan, source, cause)).collect()
    })
}

/// Removes a learning plan from a user. Without an assignment, nothing changes.
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
        let user = store::user_locks::lock_exclusive(tx, self.user)?;
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
