//! Changes of the members of groups, and of their permissions.

use std::slice;

use super::{Change, catalogue, entry, plans};
use crate::{
    domain::{
        entry::{Action, FieldChange, Source},
        group::{GroupPermission, GroupStatus},
        ids::{GroupId, UserId},
        policy::{Act, Caller},
    },
    error::{Error, Result},
    journal::{draft::Draft, new_entry::NewEntry, recorded::Recorded, tx::Tx},
    store::{self, groups::GroupRow, users::UserRow},
};

/// Makes a user a member, with exactly these permissions. What they have already stays.
pub struct PutMember {
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
    /// Their permissions concerning the other members.
    pub permissions: Vec<GroupPermission>,
}

impl Change for PutMember {
    type Output = Vec<GroupPermission>;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        let granting = !self.permissions.is_empty();
        let act = if granting { Act::WidenAccess } else { Act::ChangeAccount };
        catalogue::authorize::<GroupRow>(tx, caller, self.group, act)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        store::rule_lock::lock_rules_shared(tx)?;
        let group = store::groups::lock(tx, self.group)?;
        let user = store::user_locks::lock_exclusive(tx, self.user)?;
        let mut entries = add_member(tx, caller, &user, &group)?;
        let had = store::groups::permissions(tx.read(), group.id, user.id)?;
        let wanted = |it: &GroupPermission| self.permissions.contains(it);
        let has: Vec<GroupPermission> =
            GroupPermission::ALL.iter().copied().filter(wanted).collect();
        if had != has {
            caller.must(Act::WidenAccess)?;
        }
        entries.extend(set_permissions(tx, caller, &user, &group, &had, &has)?);
        if entries.is_empty() {
            return Ok(Recorded::unchanged(has));
        }
        Ok(Recorded::new(has, entries))
    }
}

/// Makes a user a member, unless they are one, and assigns the plans that come with it.
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
            .changes(FieldChange::between("permissions", &before, &now));
        entries.push(entry(tx, caller, draft));
    }
    for permission in has.iter().filter(|it| !had.contains(it)) {
        store::groups::grant(tx, group.id, user.id, *permission)?;
        let before = now.clone();
        now.push(*permission);
        let text = format!("{name} got the permission {permission} on the group “{title}”.");
        let draft = Draft::system(user.id, Action::GroupPermissionGranted, text)
            .target(group.target())
            .changes(FieldChange::between("permissions", &before, &now));
        entries.push(entry(tx, caller, draft));
    }
    Ok(entries)
}

/// Ends a membership, with its permissions. The user's learning plans stay.
pub struct RemoveMember {
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
}

impl Change for RemoveMember {
    type Output = ();

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        catalogue::authorize::<GroupRow>(tx, caller, self.group, Act::ChangeAccount)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        let group = store::groups::lock(tx, self.group)?;
        let user = store::user_locks::lock_exclusive(tx, self.user)?;
        if !store::groups::is_member(tx.read(), group.id, user.id)? {
            return Ok(Recorded::unchanged(()));
        }
        if user.home_group_id == Some(group.id) {
            let text = "It is the user's home group: give them another one first.";
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
