//! Changes of groups: what they are called, who is in them, what comes with them.

use std::slice;

use super::{CHUNK, Change, entry, for_each_chunk, plans};
use crate::{
    domain::{
        entry::{Action, FieldChange, Source},
        group::{GroupPermission, GroupStatus},
        ids::{GroupId, PlanId, UserId},
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
    store::{self, groups::GroupRow, plans::PlanRow, users::UserRow},
};

/// Makes a group.
pub struct CreateGroup {
    /// Its name.
    pub name: String,
    /// In use or not.
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

/// Changes a group.
pub struct UpdateGroup {
    /// Which one.
    pub id: GroupId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// Its new name.
    pub name: Option<String>,
    /// In use or not.
    pub status: Option<GroupStatus>,
}

impl Change for UpdateGroup {
    type Output = GroupRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(tx, caller, self.id, Act::ChangeCatalogue)
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<GroupRow>> {
        let mut row = store::groups::lock(tx, self.id)?;
        self.if_match.check(row.version)?;
        let before = (row.name.clone(), row.status);
        row.name = self.name.clone().unwrap_or(row.name);
        row.status = self.status.unwrap_or(row.status);
        if before == (row.name.clone(), row.status) {
            return Ok(Recorded::unchanged(row));
        }
        store::groups::update(tx, &mut row)?;
        Ok(Recorded::unlogged(Unlogged::Catalogue, row))
    }
}

fn authorize(tx: &mut Tx<'_>, caller: &Caller, group: GroupId, act: Act) -> Result<()> {
    caller.must(Act::SeeCatalogue)?;
    store::groups::get(tx.read(), group)?;
    caller.must(act)
}

/// Makes a user a member, with exactly these permissions. What he has already stays.
pub struct PutMember {
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
    /// What he may do to the other members.
    pub permissions: Vec<GroupPermission>,
}

impl Change for PutMember {
    type Output = Vec<GroupPermission>;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(tx, caller, self.group, Act::ChangeMembership)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        store::user_certifications::hold_rules(tx)?;
        let group = store::groups::lock(tx, self.group)?;
        let user = store::user_locks::lock(tx, self.user)?;
        let mut entries = add_member(tx, caller, &user, &group)?;
        let had = store::groups::permissions(tx.read(), group.id, user.id)?;
        let wanted = |it: &GroupPermission| self.permissions.contains(it);
        let has: Vec<GroupPermission> =
            GroupPermission::ALL.iter().copied().filter(wanted).collect();
        entries.extend(set_permissions(tx, caller, &user, &group, &had, &has)?);
        if entries.is_empty() {
            return Ok(Recorded::unchanged(has));
        }
        Ok(Recorded::new(has, entries))
    }
}

/// Makes a user a member, if he is not, and gives him the plans that come with it.
pub(super) fn add_member(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &UserRow,
    group: &GroupRow,
) -> Result<Vec<NewEntry>> {
    if store::groups::is_member(tx.read(), group.id, user.id)? {
        return Ok(Vec::new());
    }
    if group.status == GroupStatus::Archived {
        return Err(Error::conflict("The group is archived: nobody new can be a member."));
    }
    store::groups::add_member(tx, group.id, user.id)?;
    let text = format!("{} became a member of the group “{}”.", user.name(), group.name);
    let draft = Draft::system(user.id, Action::GroupMemberAdded, text).target(group.target());
    let added = entry(tx, caller, draft);
    let cause = added.row().id;
    let auto = store::groups::auto_plans(tx.read(), group.id)?;
    let users = slice::from_ref(user);
    let assigned = plans::assign(tx, caller, users, &auto, Some(Source::Group), Some(cause))?;
    Ok(std::iter::once(added).chain(assigned).collect())
}

/// Brings the permissions of a member from `had` to `has`, one entry for each.
fn set_permissions(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &UserRow,
    group: &GroupRow,
    had: &[GroupPermission],
    has: &[GroupPermission],
) -> Result<Vec<NewEntry>> {
    let (name, title) = (user.name(), &group.name);
    let mut now = had.to_vec();
    let mut entries = Vec::new();
    for permission in had.iter().filter(|it| !has.contains(it)) {
        store::groups::revoke(tx, group.id, user.id, *permission)?;
        let before = now.clone();
        now.retain(|it| it != permission);
        let text = format!("{name} lost the permission {permission} on the group “{title}”.");
        let draft = Draft::system(user.id, Action::GroupPermissionRevoked, text)
            .target(group.target())
            .changes(FieldChange::of("permissions", &before, &now));
        entries.push(entry(tx, caller, draft));
    }
    for permission in has.iter().filter(|it| !had.contains(it)) {
        store::groups::grant(tx, group.id, user.id, *permission)?;
        let before = now.clone();
        now.push(*permission);
        let text = format!("{name} got the permission {permission} on the group “{title}”.");
        let draft = Draft::system(user.id, Action::GroupPermissionGranted, text)
            .target(group.target())
            .changes(FieldChange::of("permissions", &before, &now));
        entries.push(entry(tx, caller, draft));
    }
    Ok(entries)
}

/// Ends a membership, with its permissions. His learning plans stay.
pub struct RemoveMember {
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
}

impl Change for RemoveMember {
    type Output = ();

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(tx, caller, self.group, Act::ChangeMembership)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        let group = store::groups::lock(tx, self.group)?;
        let user = store::user_locks::lock(tx, self.user)?;
        if !store::groups::is_member(tx.read(), group.id, user.id)? {
            return Ok(Recorded::unchanged(()));
        }
        if user.home_group_id == Some(group.id) {
            let text = "It is the user's home group: give him another one first.";
            return Err(Error::conflict(text));
        }
        let had = store::groups::permissions(tx.read(), group.id, user.id)?;
        let mut entries = set_permissions(tx, caller, &user, &group, &had, &[])?;
        store::groups::remove_member(tx, group.id, user.id)?;
        let text = format!("{} is no longer a member of the group “{}”.", user.name(), group.name);
        let draft = Draft::system(user.id, Action::GroupMemberRemoved, text).target(group.target());
        entries.push(entry(tx, caller, draft));
        Ok(Recorded::new((), entries))
    }
}

/// Attaches a learning plan to a group. With `auto`, every member gets it, now and later.
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
        authorize(tx, caller, self.group, Act::ChangeCatalogue)?;
        store::plans::get(tx.read(), self.plan).map(drop)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        store::user_certifications::hold_rules(tx)?;
        let group = store::groups::lock(tx, self.group)?;
        let plan = store::plans::get(tx.read(), self.plan)?;
        let before = store::groups::attached(tx.read(), group.id, plan.id)?;
        if before == Some(self.auto) {
            return Ok(Recorded::unchanged(()));
        }
        store::groups::attach(tx, group.id, plan.id, self.auto)?;
        if self.auto {
            assign_to_members(tx, caller, group.id, &plan)?;
        }
        Ok(Recorded::unlogged(Unlogged::Catalogue, ()))
    }
}

/// Gives every member of a group a plan, in bounded memory.
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

/// Detaches a learning plan from a group. Whoever has it keeps it.
pub struct DetachPlan {
    /// The group.
    pub group: GroupId,
    /// The plan.
    pub plan: PlanId,
}

impl Change for DetachPlan {
    type Output = ();

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(tx, caller, self.group, Act::ChangeCatalogue)?;
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
