//! Creates or updates the user of a line.

use std::slice;

use super::{line::ImportUser, line_references::LineReferences, references::References};
use crate::{
    changes::{group_members, plans, run, users},
    domain::{
        email::{EmailAddress, EmailError},
        entry::Source,
        ids::UserId,
        import::ImportOutcome,
        limits,
        policy::Caller,
        user::{Role, UserKind, UserStatus},
        version::IfMatch,
    },
    error::{Code, Error, InputError, Result},
    journal::{recorded::Recorded, tx::Tx},
    store::{self, users::UserRow},
};

/// The most supervisors that a user can have.
const SUPERVISORS_MAX: usize = limits::SUPERVISORS_MAX as usize;

/// The outcome of a line.
#[derive(Clone, Copy, Debug)]
pub struct Imported {
    /// The user; `None` in a rehearsal that would create them.
    pub user: Option<UserId>,
    /// What the import did.
    pub outcome: ImportOutcome,
}

impl ImportUser {
    /// Creates or updates the user of the line.
    ///
    /// # Errors
    /// `validation_failed`, with pointers into the line.
    pub(super) fn import(
        &self,
        caller: &Caller,
        tx: &mut Tx<'_>,
        references: &References,
    ) -> Result<Recorded<Imported>> {
        tx.set_source(Source::Import);
        let found = self.find_references(tx, references)?;
        let user = self.find_user(tx)?;
        let recorded = match &user {
            Some(user) => {
                let change = self.update(tx, user, &found)?;
                run(tx, caller, &change)?
            }
            None => run(tx, caller, &self.create(&found)?)?,
        };
        let (row, _) = recorded.output().clone();
        let mut more = Vec::new();
        for group in &found.groups {
            let added = group_members::add_member(tx, caller, &row, group);
            more.extend(added.map_err(|error| with_pointer("/groups", error))?);
        }
        more.extend(plans::assign(tx, caller, slice::from_ref(&row), &found.plans, None, None)?);
        let recorded = recorded.and(more);
        let outcome = match (user, recorded.is_change()) {
            (None, _) => ImportOutcome::Created,
            (Some(_), true) => ImportOutcome::Updated,
            (Some(_), false) => ImportOutcome::Unchanged,
        };
        Ok(recorded.with(Imported { user: Some(row.id), outcome }))
    }

    /// The user of the line: by its e-mail address, else by its employee id.
    fn find_user(&self, tx: &mut Tx<'_>) -> Result<Option<UserRow>> {
        if self.email.is_none() && self.employee_id.is_none() {
            let text = "A line needs an email or an employee_id.";
            return Err(Error::invalid_field("/email", "required", text));
        }
        let conn = tx.read();
        let by_email = match &self.email {
            Some(email) => store::users::by_email(conn, &address(email)?)?,
            None => None,
        };
        let by_employee_id = match &self.employee_id {
            Some(id) => store::users::by_employee_id(conn, id)?,
            None => None,
        };
        match (by_email, by_employee_id) {
            (Some(one), Some(other)) if one.id != other.id => {
                let text = "Another user than the one with this email has this employee_id.";
                Err(Error::invalid_field("/employee_id", "already_exists", text))
            }
            (one, other) => Ok(one.or(other)),
        }
    }

    fn create(&self, references: &LineReferences) -> Result<users::CreateUser> {
        let missing = |pointer| InputError::body(pointer, "required", "A new user needs it.");
        let (Some(given_name), Some(surname)) = (self.given_name.clone(), self.surname.clone())
        else {
            let given_name = self.given_name.is_none().then(|| missing("/given_name"));
            let surname = self.surname.is_none().then(|| missing("/surname"));
            return Err(Error::invalid(given_name.into_iter().chain(surname).collect()));
        };
        Ok(users::CreateUser {
            email: self.email.clone(),
            given_name,
            surname,
            kind: self.kind.unwrap_or(UserKind::Person),
            employee_id: self.employee_id.clone(),
            status: self.status.unwrap_or(UserStatus::Active),
            role: self.role.unwrap_or(Role::Learner),
            time_zone: self.time_zone.clone().unwrap_or_else(|| "UTC".to_owned()),
            home_group_id: references.home,
            supervisor_ids: check_number(references.supervisors.clone())?,
            password_hash: None,
        })
    }

    fn update(
        &self,
        tx: &mut Tx<'_>,
        user: &UserRow,
        references: &LineReferences,
    ) -> Result<users::UpdateUser> {
        if self.kind.is_some_and(|kind| kind != user.kind) {
            let text = "The kind of an account can't be changed.";
            return Err(Error::invalid_field("/kind", "not_allowed", text));
        }
        let role = store::user_locks::lock_exclusive(tx, user.id)?.role;
        // Somebody else may have chosen the e-mail address of the account.
        if self.role.is_some_and(|wanted| wanted.is_above(role)) {
            let text = "An import does not raise the role of an account that exists.";
            return Err(Error::invalid_field("/role", "not_allowed", text));
        }
        let had = store::supervisors::supervisor_ids(tx.read(), user.id)?;
        let new = references.supervisors.iter().filter(|id| !had.contains(id));
        let has: Vec<UserId> = had.iter().chain(new).copied().collect();
        // The address is only the key here: another case does not change it.
        let same = match (&user.email, &self.email) {
            (Some(one), Some(other)) => address(one)?.key() == address(other)?.key(),
            _ => false,
        };
        Ok(users::UpdateUser {
            id: user.id,
            if_match: IfMatch::Any,
            email: self.email.clone().filter(|_| !same).map(Some),
            given_name: self.given_name.clone(),
            surname: self.surname.clone(),
            employee_id: self.employee_id.clone().map(Some),
            status: self.status,
            role: self.role,
            time_zone: self.time_zone.clone(),
            home_group_id: references.home.map(Some),
            supervisor_ids: if has == had { None } else { Some(check_number(has)?) },
            password_hash: None,
        })
    }
}

fn address(text: &str) -> Result<EmailAddress> {
    text.parse().map_err(|error: EmailError| {
        Error::invalid_field("/email", "invalid_email", error.to_string())
    })
}

/// Refuses too many supervisors.
fn check_number(supervisors: Vec<UserId>) -> Result<Vec<UserId>> {
    if supervisors.len() > SUPERVISORS_MAX {
        let text = format!("A user has at most {SUPERVISORS_MAX} supervisors.");
        return Err(Error::invalid_field("/supervisors", "too_many", text));
    }
    Ok(supervisors)
}

/// The error with a pointer to the field, if it is one that has none.
fn with_pointer(pointer: &str, error: Error) -> Error {
    match error.code {
        Code::Conflict => Error::invalid_field(pointer, error.code.as_str(), error.detail),
        _ => error,
    }
}
