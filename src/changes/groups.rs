//! Changes of groups, and of the learning plans that come with them.

use std::slice;

use super::{CHUNK, Change, catalogue, for_each_chunk, patch::set, plans};
use crate::{
    domain::{
        entry::Source,
        group::GroupStatus,
        ids::{GroupId, PlanId},
        policy::{Act, Caller},
        text::fold,
        version::IfMatch,
    },
    error::{Error, Result},
    journal::{
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
    store::{self, groups::GroupRow, plans::PlanRow},
};

/// Creates a group.
pub struct CreateGroup {
    /// Its name.
    pub name: String,
    /// Active or archived.
    pub status: GroupStatus,
}

impl Change for CreateGroup {
    type Output = GroupRow;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::ChangeCatalogue)
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<GroupRow>> {
        let row = GroupRow {
            id: tx.new_id(),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            search_key: fold(&self.name),
            name: self.name.clone(),
            status: self.status,
        };
        store::groups::insert(tx, &row)?;
        Ok(Recorded::unlogged(Unlogged::Catalogue, row))
    }
}

/// Changes a group. What is `None` stays as it is.
pub struct UpdateGroup {
    /// Its id.
    pub id: GroupId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// Its new name.
    pub name: Option<String>,
    /// Active or archived.
    pub status: Option<GroupStatus>,
}

impl Change for UpdateGroup {
    type Output = GroupRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        catalogue::authorize::<GroupRow>(tx, caller, self.id, Act::ChangeCatalogue)?;
        // An active group grants its permissions again. The lock keeps it as it is until then.
        let activates = self.status == Some(GroupStatus::Active)
            && store::groups::lock(tx, self.id)?.status == GroupStatus::Archived;
        if activates { caller.must(Act::WidenAccess) } else { Ok(()) }
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<GroupRow>> {
        catalogue::update(tx, self.id, &self.if_match, |row: &mut GroupRow| {
            set(&mut row.name, self.name.as_ref()) | set(&mut row.status, self.status.as_ref())
        })
    }
}

/// Attaches a learning plan to a group. With `auto`, all current and future members get it.
pub struct AttachPlan {
    /// The group.
    pub group: GroupId,
    /// The plan.
    pub plan: PlanId,
    /// Whether it comes with the membership.
    pub auto: bool,
}

impl Change for AttachPlan {
    type Output = ();

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        catalogue::authorize::<GroupRow>(tx, caller, self.group, Act::ChangeCatalogue)?;
        store::plans::get(tx.read(), self.plan).map(drop)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        store::rule_lock::lock_rules_shared(tx)?;
        let group = store::groups::lock(tx, self.group)?;
        let plan = store::plans::get(tx.read(), self.plan)?;
        let before = store::groups::attached(tx.read(), group.id, plan.id)?;
        if before == Some(self.auto) {
            return Ok(Recorded::unchanged(()));
        }
        if self.auto && group.status == GroupStatus::Archived {
            let text = "The group is archived: its members get no plan until it is active again.";
            return Err(Error::conflict(text));
        }
        store::groups::attach(tx, group.id, plan.id, self.auto)?;
        if self.auto {
            assign_to_members(tx, caller, group.id, &plan)?;
        }
        Ok(Recorded::unlogged(Unlogged::Catalogue, ()))
    }
}

/// Assigns a plan to every member of a group, in bounded memory.
fn assign_to_members(
    tx: &mut Tx<'_>,
    caller: &Caller,
    group: GroupId,
    plan: &PlanRow,
) -> Result<()> {
    for_each_chunk(
        tx,
        |tx, after| store::groups::members(tx.read(), group, after, CHUNK),
        |tx, users| {
            plans::assign(tx, caller, users, slice::from_ref(plan), Some(Source::Group), None)
        },
    )
}

/// Detaches a learning plan from a group. Users who have it keep it.
pub struct DetachPlan {
    /// The group.
    pub group: GroupId,
    /// The plan.
    pub plan: PlanId,
}

impl Change for DetachPlan {
    type Output = ();

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        catalogue::authorize::<GroupRow>(tx, caller, self.group, Act::ChangeCatalogue)?;
        store::plans::get(tx.read(), self.plan).map(drop)
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        store::groups::lock(tx, self.group)?;
        if store::groups::attached(tx.read(), self.group, self.plan)?.is_none() {
            return Ok(Recorded::unchanged(()));
        }
        store::groups::detach(tx, self.group, self.plan)?;
        Ok(Recorded::unlogged(Unlogged::Catalogue, ()))
    }
}
