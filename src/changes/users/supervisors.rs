//! The supervisors of a user.

use super::profile;
use crate::{
    access::users::see_user,
    changes::entry,
    domain::{
        entry::{Action, FieldChange},
        ids::UserId,
        policy::Caller,
    },
    error::{Error, Result},
    journal::{draft::Draft, new_entry::NewEntry, tx::Tx},
    store::{self, users::UserRow},
};

/// Changes the supervisors of a user from `had` to `has`, with an entry for each difference.
pub(super) fn set_supervisors(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &UserRow,
    had: &[UserId],
    has: &[UserId],
) -> Result<Vec<NewEntry>> {
    let mut now = had.to_vec();
    let mut entries = Vec::new();
    for id in had.iter().filter(|id| !has.contains(id)) {
        let supervisor = store::users::get(tx.read(), *id)?;
        store::supervisors::remove_supervisor(tx, user.id, *id)?;
        let before = now.clone();
        now.retain(|kept| kept != id);
        let text = format!("{} no longer supervises {}.", supervisor.name(), user.name());
        let draft = Draft::system(user.id, Action::UserSupervisorRemoved, text)
            .target(profile::target(&supervisor))
            .changes(FieldChange::between("supervisor_ids", &before, &now));
        entries.push(entry(tx, caller, draft));
    }
    for id in has.iter().filter(|id| !had.contains(id)) {
        if *id == user.id {
            let text = "Users can't supervise themselves.";
            return Err(Error::invalid_field("/supervisor_ids", "invalid", text));
        }
        // Somebody whom the caller may not see is named in no error and in no entry.
        see_user(tx.read(), caller, *id)
            .map_err(|error| error.in_body("/supervisor_ids", "user"))?;
        let supervisor = store::users::get(tx.read(), *id)?;
        store::supervisors::add_supervisor(tx, user.id, *id)?;
        let before = now.clone();
        now.push(*id);
        now.sort_unstable();
        let text = format!("{} now supervises {}.", supervisor.name(), user.name());
        let draft = Draft::system(user.id, Action::UserSupervisorAdded, text)
            .target(profile::target(&supervisor))
            .changes(FieldChange::between("supervisor_ids", &before, &now));
        entries.push(entry(tx, caller, draft));
    }
    Ok(entries)
}
