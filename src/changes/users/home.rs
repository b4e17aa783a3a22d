//! The home group of a user.

use crate::{
    changes::{entry, group_members},
    domain::{
        entry::{Action, FieldChange},
        ids::GroupId,
        policy::Caller,
    },
    error::Result,
    journal::{draft::Draft, new_entry::NewEntry, tx::Tx},
    store::{self, users::UserRow},
};

/// Takes the locks that a new home group needs, before the user is locked: the rules shared, the
/// group exclusive.
pub(super) fn lock_home(tx: &mut Tx<'_>, home: Option<GroupId>) -> Result<()> {
    let Some(home) = home else { return Ok(()) };
    store::rule_lock::lock_rules_shared(tx)?;
    store::groups::lock_exclusive_if_any(tx, home)
}

/// Changes a user's home group. They become a member of it.
pub(super) fn set_home(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &mut UserRow,
    home: Option<GroupId>,
) -> Result<Vec<NewEntry>> {
    let group = home
        .map(|id| store::groups::get(tx.read(), id))
        .transpose()
        .map_err(|error| error.in_body("/home_group_id", "group"))?;
    let mut entries = match &group {
        Some(group) => group_members::add_member(tx, caller, user, group)?,
        None => Vec::new(),
    };
    let change = FieldChange::between("home_group_id", &user.home_group_id, &home);
    let (text, target) = match (&group, user.home_group_id) {
        (Some(group), _) => (
            format!("The home group of {} became “{}”.", user.name(), group.name),
            Some(group.target()),
        ),
        (None, had) => {
            let had = had.map(|id| store::groups::get(tx.read(), id)).transpose()?;
            let text = format!("{} has no home group any more.", user.name());
            (text, had.map(|group| group.target()))
        }
    };
    user.home_group_id = home;
    let mut draft = Draft::system(user.id, Action::GroupHomeChanged, text).changes(change);
    if let Some(target) = target {
        draft = draft.target(target);
    }
    entries.push(entry(tx, caller, draft));
    Ok(entries)
}
