//! Changes of learning plans, and of who has them.

use super::{Change, act_on_user, entry};
use crate::{
    db::{Draft, Recorded, Tx},
    domain::{
        entry::Action,
        ids::{PlanId, UserId},
        policy::{Act, Caller},
        text::fold,
        version::IfMatch,
    },
    error::Result,
    store::{
        self,
        plans::{AssignmentRow, PlanRow},
    },
};

/// Makes a learning plan.
pub struct CreatePlan {
    /// Its name.
    pub name: String,
}

impl Change for CreatePlan {
    type Output = PlanRow;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::ChangeCatalogue)
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<PlanRow>> {
        let row = PlanRow {
            id: tx.new_id(),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            search_key: fold(&self.name),
            name: self.name.clone(),
        };
        store::plans::insert(tx, &row)?;
        Ok(Recorded::of_no_user(row))
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
}

impl Change for UpdatePlan {
    type Output = PlanRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::SeeCatalogue)?;
        store::plans::get(tx.read(), self.id)?;
        caller.must(Act::ChangeCatalogue)
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<PlanRow>> {
        let mut row = store::plans::lock(tx, self.id)?;
        self.if_match.check(row.version)?;
        let name = self.name.clone().unwrap_or_else(|| row.name.clone());
        if name == row.name {
            return Ok(Recorded::unchanged(row));
        }
        row.name = name;
        store::plans::update(tx, &mut row)?;
        Ok(Recorded::of_no_user(row))
    }
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
        let user = store::users::lock(tx, self.user)?;
        let plan = store::plans::get(tx.read(), self.plan)?;
        if let Some(row) = store::plans::assignment(tx.read(), self.user, self.plan)? {
            return Ok(Recorded::unchanged((row, plan)));
        }
        let text = format!("{} was assigned the learning plan “{}”.", user.name(), plan.name);
        let draft =
            Draft::system(user.id, Action::LearningPlanAssigned, text).target(plan.target());
        let written = entry(tx, caller, draft);
        let row = AssignmentRow {
            user_id: user.id,
            plan_id: plan.id,
            source: written.row().source,
            assigned_at: tx.now(),
            met_at: None,
        };
        store::plans::assign(tx, &row)?;
        Ok(Recorded::new((row, plan), vec![written]))
    }
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
        let user = store::users::lock(tx, self.user)?;
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
