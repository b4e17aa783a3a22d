//! The profile of a user: its entries, and the rules that it has to keep.

use crate::{
    domain::{
        entry::{Action, FieldChange, Target, TargetType},
        user::{Role, UserKind, UserStatus},
    },
    error::{Error, Result},
    journal::{draft::Draft, tx::Tx},
    store::{self, users::UserRow},
};

/// The user as the target of an entry.
pub(super) fn target(user: &UserRow) -> Target {
    Target { target_type: TargetType::User, id: user.id.any(), name: user.name() }
}

/// The drafts for the difference between two states of a profile, one for each action.
pub(super) fn drafts(before: &UserRow, after: &UserRow) -> Vec<Draft> {
    let name = after.name();
    let draft = |action, text| Draft::system(after.id, action, text).target(target(after));
    let mut drafts = Vec::new();
    let updated: Vec<FieldChange> = [
        FieldChange::between("email", &before.email, &after.email),
        FieldChange::between("given_name", &before.given_name, &after.given_name),
        FieldChange::between("surname", &before.surname, &after.surname),
        FieldChange::between("employee_id", &before.employee_id, &after.employee_id),
        FieldChange::between("time_zone", &before.time_zone, &after.time_zone),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !updated.is_empty() {
        let text = format!("The profile of {name} was changed.");
        drafts.push(draft(Action::UserUpdated, text).changes(updated));
    }
    if let Some(change) = FieldChange::between("role", &before.role, &after.role) {
        let text = format!("The role of {name} became {}.", after.role);
        drafts.push(draft(Action::UserRoleChanged, text).changes([change]));
    }
    if let Some(change) = FieldChange::between("status", &before.status, &after.status) {
        let (action, text) = match after.status {
            UserStatus::Inactive => (Action::UserDeactivated, "deactivated"),
            UserStatus::Active => (Action::UserReactivated, "reactivated"),
        };
        drafts.push(draft(action, format!("{name} was {text}.")).changes([change]));
    }
    if before.password_hash != after.password_hash {
        // The value is a secret, so the entry has no changes.
        drafts.push(draft(Action::UserPasswordChanged, format!("The password of {name} was set.")));
    }
    drafts
}

/// Refuses people without an address to log in with, and API accounts with a password.
pub(super) fn check_account(kind: UserKind, email: Option<&str>, password: bool) -> Result<()> {
    match kind {
        UserKind::Person if email.is_none() => {
            Err(Error::invalid_field("/email", "required", "A person needs an e-mail address."))
        }
        UserKind::Api if password => {
            Err(Error::invalid_field("/password", "not_allowed", "An API account has no password."))
        }
        UserKind::Person | UserKind::Api => Ok(()),
    }
}

/// Refuses to remove the last person who is an active administrator, since nobody could assign the
/// role again.
pub(super) fn keep_an_administrator(
    tx: &mut Tx<'_>,
    before: &UserRow,
    after: &UserRow,
) -> Result<()> {
    let rules = |user: &UserRow| {
        user.role == Role::Administrator
            && user.status == UserStatus::Active
            && user.kind == UserKind::Person
    };
    if rules(before) && !rules(after) && store::users::lock_administrators(tx)?.len() == 1 {
        return Err(Error::conflict("This is the last active administrator."));
    }
    Ok(())
}
