//! Changes of users' profiles.

use super::{Change, entry, groups, sorted};
use crate::{
    access::users::act_on_user,
    domain::{
        entry::{Action, FieldChange, Target, TargetType},
        ids::{GroupId, UserId},
        policy::{Act, Caller},
        user::{Role, UserKind, UserStatus},
        version::IfMatch,
    },
    error::{Error, Result},
    journal::{draft::Draft, new_entry::NewEntry, recorded::Recorded, tx::Tx},
    store::{self, users::UserRow},
};

/// Makes a user.
#[allow(missing_docs, reason = "the fields of the contract")]
pub struct CreateUser {
    pub email: Option<String>,
    pub given_name: String,
    pub surname: String,
    pub kind: UserKind,
    pub employee_id: Option<String>,
    pub status: UserStatus,
    pub role: Role,
    pub time_zone: String,
    pub home_group_id: Option<GroupId>,
    pub supervisor_ids: Vec<UserId>,
    pub password_hash: Option<String>,
}

/// A user, with whoever supervises him.
pub type UserWithSupervisors = (UserRow, Vec<UserId>);

impl Change for CreateUser {
    type Output = UserWithSupervisors;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::CreateUser)?;
        if self.role == Role::Learner { Ok(()) } else { caller.must(Act::ChangeRole) }
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        check_account(self.kind, self.email.as_deref(), self.password_hash.is_some())?;
        hold_home(tx, self.home_group_id)?;
        let mut user = UserRow {
            id: tx.new_id(),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            email: self.email.clone(),
            // The store makes the keys.
            email_key: None,
            given_name: self.given_name.clone(),
            surname: self.surname.clone(),
            name_key: String::new(),
            search_key: String::new(),
            kind: self.kind,
            employee_id: self.employee_id.clone(),
            status: self.status,
            role: self.role,
            time_zone: self.time_zone.clone(),
            password_hash: self.password_hash.clone(),
            home_group_id: None,
            log_moves: 0,
        };
        store::users::insert(tx, &user)?;
        let text = format!("The account of {} was created.", user.name());
        let created = Draft::system(user.id, Action::UserCreated, text).target(target(&user));
        let mut entries = vec![entry(tx, caller, created)];
        if self.home_group_id.is_some() {
            entries.extend(set_home(tx, caller, &mut user, self.home_group_id)?);
            store::users::update(tx, &mut user)?;
        }
        let supervisors = sorted(&self.supervisor_ids);
        entries.extend(set_supervisors(tx, caller, &user, &[], &supervisors)?);
        Ok(Recorded::new((user, supervisors), entries))
    }
}

/// Changes a profile. What is `None` stays as it is.
#[allow(missing_docs, reason = "the fields of the contract")]
pub struct UpdateUser {
    pub id: UserId,
    pub if_match: IfMatch,
    pub email: Option<Option<String>>,
    pub given_name: Option<String>,
    pub surname: Option<String>,
    pub employee_id: Option<Option<String>>,
    pub status: Option<UserStatus>,
    pub role: Option<Role>,
    pub time_zone: Option<String>,
    pub home_group_id: Option<Option<GroupId>>,
    pub supervisor_ids: Option<Vec<UserId>>,
    pub password_hash: Option<String>,
}

impl Change for UpdateUser {
    type Output = UserWithSupervisors;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        act_on_user(tx.read(), caller, self.id, Act::ChangeUser)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        hold_home(tx, self.home_group_id.flatten())?;
        let before = store::user_locks::lock(tx, self.id)?;
        self.if_match.check(before.version)?;
        let mut user = self.patched(&before);
        check_account(user.kind, user.email.as_deref(), self.password_hash.is_some())?;
        // Who sets what somebody comes in with, can come in as him, with his role: the password, and
        // what a log-in or the identity provider tells him by.
        let takes_over = before.role != Role::Learner
            && (user.email != before.email
                || user.employee_id != before.employee_id
                || self.password_hash.is_some());
        if user.role != before.role || takes_over {
            caller.must(Act::ChangeRole)?;
        }
        keep_an_administrator(tx, &before, &user)?;
        let had = store::supervisors::supervisor_ids(tx.read(), user.id)?;
        let has = self.supervisor_ids.as_deref().map_or_else(|| had.clone(), sorted);

        let mut entries: Vec<NewEntry> =
            profile_drafts(&before, &user).into_iter().map(|it| entry(tx, caller, it)).collect();
        if let Some(home) = self.home_group_id.filter(|home| *home != before.home_group_id) {
            caller.must(Act::ChangeMembership)?;
            entries.extend(set_home(tx, caller, &mut user, home)?);
        }
        entries.extend(set_supervisors(tx, caller, &user, &had, &has)?);
        if entries.is_empty() {
            return Ok(Recorded::unchanged((user, has)));
        }
        store::users::update(tx, &mut user)?;
        // Who was shut out, or whose password was set by somebody, has to come in anew.
        let shut_out = user.status == UserStatus::Inactive && before.status == UserStatus::Active;
        if shut_out || self.password_hash.is_some() {
            let own = caller.identity().filter(|it| it.id == user.id).and_then(|it| it.session());
            store::sessions::end_all(tx, user.id, own.filter(|_| !shut_out))?;
        }
        Ok(Recorded::new((user, has), entries))
    }
}

impl UpdateUser {
    fn patched(&self, before: &UserRow) -> UserRow {
        let mut user = before.clone();
        fn set<T: Clone>(field: &mut T, new: Option<&T>) {
            if let Some(new) = new {
                field.clone_from(new);
            }
        }
        set(&mut user.email, self.email.as_ref());
        set(&mut user.given_name, self.given_name.as_ref());
        set(&mut user.surname, self.surname.as_ref());
        set(&mut user.employee_id, self.employee_id.as_ref());
        set(&mut user.status, self.status.as_ref());
        set(&mut user.role, self.role.as_ref());
        set(&mut user.time_zone, self.time_zone.as_ref());
        if self.password_hash.is_some() {
            user.password_hash.clone_from(&self.password_hash);
        }
        user
    }
}

/// One draft for each action that the difference between two states of a profile is made of.
fn profile_drafts(before: &UserRow, after: &UserRow) -> Vec<Draft> {
    let name = after.name();
    let draft = |action, text| Draft::system(after.id, action, text).target(target(after));
    let mut drafts = Vec::new();
    let updated: Vec<FieldChange> = [
        FieldChange::of("email", &before.email, &after.email),
        FieldChange::of("given_name", &before.given_name, &after.given_name),
        FieldChange::of("surname", &before.surname, &after.surname),
        FieldChange::of("employee_id", &before.employee_id, &after.employee_id),
        FieldChange::of("time_zone", &before.time_zone, &after.time_zone),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !updated.is_empty() {
        let text = format!("The profile of {name} was changed.");
        drafts.push(draft(Action::UserUpdated, text).changes(updated));
    }
    if let Some(change) = FieldChange::of("role", &before.role, &after.role) {
        let text = format!("The role of {name} became {}.", after.role);
        drafts.push(draft(Action::UserRoleChanged, text).changes([change]));
    }
    if let Some(change) = FieldChange::of("status", &before.status, &after.status) {
        let (action, text) = match after.status {
            UserStatus::Inactive => (Action::UserDeactivated, "deactivated"),
            UserStatus::Active => (Action::UserReactivated, "reactivated"),
        };
        drafts.push(draft(action, format!("{name} was {text}.")).changes([change]));
    }
    if before.password_hash != after.password_hash {
        // A secret: that it changed is all that the log tells.
        drafts.push(draft(Action::UserPasswordChanged, format!("The password of {name} was set.")));
    }
    drafts
}

/// Holds what a membership brings with it: the group's plans, and what they are made of.
fn hold_home(tx: &mut Tx<'_>, home: Option<GroupId>) -> Result<()> {
    let Some(home) = home else { return Ok(()) };
    store::user_certifications::hold_rules(tx)?;
    store::groups::hold(tx, home)
}

/// Changes a user's home group, which has to be one of his groups: he becomes a member of it.
fn set_home(
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
        Some(group) => groups::add_member(tx, caller, user, group)?,
        None => Vec::new(),
    };
    let change = FieldChange::of("home_group_id", &user.home_group_id, &home);
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

/// Brings the supervisors of a user from `had` to `has`, one entry for each that comes or goes.
fn set_supervisors(
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
            .target(target(&supervisor))
            .changes(FieldChange::of("supervisor_ids", &before, &now));
        entries.push(entry(tx, caller, draft));
    }
    for id in has.iter().filter(|id| !had.contains(id)) {
        if *id == user.id {
            let text = "Nobody supervises himself.";
            return Err(Error::invalid_field("/supervisor_ids", "invalid", text));
        }
        let supervisor = store::users::get(tx.read(), *id)
            .map_err(|error| error.in_body("/supervisor_ids", "user"))?;
        store::supervisors::add_supervisor(tx, user.id, *id)?;
        let before = now.clone();
        now.push(*id);
        now.sort_unstable();
        let text = format!("{} now supervises {}.", supervisor.name(), user.name());
        let draft = Draft::system(user.id, Action::UserSupervisorAdded, text)
            .target(target(&supervisor))
            .changes(FieldChange::of("supervisor_ids", &before, &now));
        entries.push(entry(tx, caller, draft));
    }
    Ok(entries)
}

/// People need an address to log in with; API accounts never log in with a password.
fn check_account(kind: UserKind, email: Option<&str>, password: bool) -> Result<()> {
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

/// The last active administrator can't be lost: nobody could give the role again.
fn keep_an_administrator(tx: &mut Tx<'_>, before: &UserRow, after: &UserRow) -> Result<()> {
    let rules =
        |user: &UserRow| user.role == Role::Administrator && user.status == UserStatus::Active;
    if rules(before) && !rules(after) && store::users::lock_administrators(tx)?.len() == 1 {
        return Err(Error::conflict("This is the last active administrator."));
    }
    Ok(())
}

fn target(user: &UserRow) -> Target {
    Target { target_type: TargetType::User, id: user.id.any(), name: user.name() }
}
