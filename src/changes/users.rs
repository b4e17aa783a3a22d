//! Changes of users' profiles.

mod home;
mod profile;
mod supervisors;

use super::{Change, entry, patch::set, sorted};
use crate::{
    access::users::act_on_user,
    domain::{
        entry::Action,
        ids::{GroupId, UserId},
        policy::{Act, Caller},
        user::{Role, UserKind, UserStatus},
        version::IfMatch,
    },
    error::Result,
    journal::{draft::Draft, new_entry::NewEntry, recorded::Recorded, tx::Tx},
    store::{self, users::UserRow},
};
use home::{lock_home, set_home};
use profile::{check_account, keep_an_administrator, target};
use supervisors::set_supervisors;

/// Creates a user.
#[derive(Clone)]
#[allow(missing_docs, reason = "the fields of the resource User")]
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

/// A user, with their supervisors.
pub type UserWithSupervisors = (UserRow, Vec<UserId>);

impl Change for CreateUser {
    type Output = UserWithSupervisors;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::CreateUser)?;
        let widens = self.role.is_above(Role::Learner) || self.password_hash.is_some();
        if widens { caller.must(Act::WidenAccess) } else { Ok(()) }
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        check_account(self.kind, self.email.as_deref(), self.password_hash.is_some())?;
        lock_home(tx, self.home_group_id)?;
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
#[derive(Clone)]
#[allow(missing_docs, reason = "the fields of the resource User")]
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
        act_on_user(tx.read(), caller, self.id, Act::ChangeUser)?;
        let before = store::users::get(tx.read(), self.id)?;
        self.refuse_account(caller, &before)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        lock_home(tx, self.home_group_id.flatten())?;
        let before = store::user_locks::lock_exclusive(tx, self.id)?;
        self.if_match.check(before.version)?;
        // The account may have changed since, and with it what the caller may do to it.
        act_on_user(tx.read(), caller, self.id, Act::ChangeUser)?;
        self.refuse_account(caller, &before)?;
        let mut user = self.patched(&before);
        check_account(user.kind, user.email.as_deref(), self.password_hash.is_some())?;
        keep_an_administrator(tx, &before, &user)?;
        let had = store::supervisors::supervisor_ids(tx.read(), user.id)?;
        let has = self.supervisor_ids.as_deref().map_or_else(|| had.clone(), sorted);

        let mut entries: Vec<NewEntry> =
            profile::drafts(&before, &user).into_iter().map(|it| entry(tx, caller, it)).collect();
        if let Some(home) = self.home_group_id.filter(|home| *home != before.home_group_id) {
            entries.extend(set_home(tx, caller, &mut user, home)?);
        }
        entries.extend(set_supervisors(tx, caller, &user, &had, &has)?);
        if entries.is_empty() {
            return Ok(Recorded::unchanged((user, has)));
        }
        store::users::update(tx, &mut user)?;
        // Those who logged in before have proved too little for more access, or may have no more.
        let deactivated =
            user.status == UserStatus::Inactive && before.status == UserStatus::Active;
        let all = deactivated || user.role.is_above(before.role);
        if all || self.password_hash.is_some() {
            let own = caller.identity().filter(|it| it.id == user.id).and_then(|it| it.session());
            store::sessions::end_all(tx, user.id, own.filter(|_| !all))?;
        }
        Ok(Recorded::new((user, has), entries))
    }
}

impl UpdateUser {
    /// Refuses callers who may not change the fields of the account. A field may be sent with the
    /// value that it has.
    ///
    /// # Errors
    /// `forbidden`.
    fn refuse_account(&self, caller: &Caller, before: &UserRow) -> Result<()> {
        let after = self.patched(before);
        let identity = after.email != before.email || after.employee_id != before.employee_id;
        let home = self.home_group_id.is_some_and(|home| home != before.home_group_id);
        // Those who choose the password, or what an identity provider knows a user by, can log in
        // as the user, with their role; and those who activate an account give its access back.
        let status = after.status != before.status;
        let widens = after.role != before.role
            || self.password_hash.is_some()
            || ((identity || status) && before.role.is_above(Role::Learner));
        if widens {
            caller.must(Act::WidenAccess)?;
        }
        if identity || home || status {
            caller.must(Act::ChangeAccount)?;
        }
        Ok(())
    }

    fn patched(&self, before: &UserRow) -> UserRow {
        let mut user = before.clone();
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
