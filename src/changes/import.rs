//! The import of users: each line is a change of its own.

use std::slice;

use super::{Change, apply, caller, groups, plans, run, users};
use crate::{
    db::{Db, Recorded, Tx},
    domain::{
        entry::Source,
        ids::{GroupId, Id, PlanId, UserId},
        import::ImportOutcome,
        policy::{Act, Caller, Credentials},
        text::fold,
        user::{Role, UserKind, UserStatus},
        version::IfMatch,
    },
    error::{Code, Error, InputError, Result},
    store::{self, groups::GroupRow, plans::PlanRow, users::UserRow},
};

/// The most supervisors that a user has.
const SUPERVISORS_MAX: usize = 50;

/// What a line says of one user. What it does not say stays as it is.
#[allow(missing_docs, reason = "the columns")]
#[derive(Clone, Debug, Default)]
pub struct ImportUser {
    pub email: Option<String>,
    pub employee_id: Option<String>,
    pub given_name: Option<String>,
    pub surname: Option<String>,
    pub kind: Option<UserKind>,
    pub status: Option<UserStatus>,
    pub role: Option<Role>,
    pub time_zone: Option<String>,
    /// The id or the name.
    pub home_group: Option<String>,
    /// Ids or names; these are added to those that the user has.
    pub groups: Vec<String>,
    /// Ids or names; these are added to those that the user has.
    pub learning_plans: Vec<String>,
    /// Ids or e-mail addresses; these are added to those that the user has.
    pub supervisors: Vec<String>,
}

/// What came of a line.
#[derive(Clone, Copy, Debug)]
pub struct Imported {
    /// The user; none in a rehearsal that would make him.
    pub user: Option<UserId>,
    /// What was done.
    pub outcome: ImportOutcome,
}

/// Imports lines one after another, each in a transaction of its own: what came of each.
pub async fn import(
    db: &Db,
    credentials: Credentials,
    lines: Vec<ImportUser>,
) -> Vec<Result<Imported>> {
    let mut outcomes = Vec::with_capacity(lines.len());
    for line in lines {
        outcomes.push(apply(db, credentials, line).await);
    }
    outcomes
}

/// What would come of importing lines. Each sees what those before it did, so that it is what
/// comes of it; in the end all is taken back.
///
/// # Errors
/// `invalid_token`, `unavailable`: nothing is known of the lines.
pub async fn rehearse(
    db: &Db,
    credentials: Credentials,
    lines: Vec<ImportUser>,
) -> Result<Vec<Result<Imported>>> {
    db.rehearse(move |tx| {
        let caller = caller(tx.read(), credentials)?;
        let mut made: Vec<UserId> = Vec::new();
        let mut outcomes = Vec::with_capacity(lines.len());
        for line in &lines {
            let mut outcome = tx.attempt(|tx| run(tx, &caller, line));
            match &mut outcome {
                Err(error) if error.transient => return outcome.map(|_| Vec::new()),
                Ok(Imported { user, outcome }) => {
                    if *outcome == ImportOutcome::Created {
                        made.extend(*user);
                    }
                    // Nobody will have this id.
                    *user = user.filter(|id| !made.contains(id));
                }
                Err(_) => {}
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    })
    .await
}

/// Lets the caller import.
///
/// # Errors
/// `forbidden`.
pub fn authorize(caller: &Caller) -> Result<()> {
    caller.must(Act::CreateUser)?;
    caller.must(Act::ChangeMembership)
}

impl Change for ImportUser {
    type Output = Imported;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        authorize(caller)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Imported>> {
        tx.came_by(Source::Import);
        let named = self.named(tx)?;
        let found = self.find(tx)?;
        let recorded = match &found {
            Some(user) => {
                let change = self.update(tx, user, &named)?;
                run(tx, caller, &change)?
            }
            None => run(tx, caller, &self.create(&named)?)?,
        };
        let (user, _) = recorded.output().clone();
        let mut more = Vec::new();
        for group in &named.groups {
            let added = groups::add_member(tx, caller, &user, group);
            more.extend(added.map_err(|error| at("/groups", error))?);
        }
        more.extend(plans::assign(tx, caller, slice::from_ref(&user), &named.plans, None, None)?);
        let recorded = recorded.and(more);
        let outcome = match (found, recorded.is_change()) {
            (None, _) => ImportOutcome::Created,
            (Some(_), true) => ImportOutcome::Updated,
            (Some(_), false) => ImportOutcome::Unchanged,
        };
        Ok(recorded.with(Imported { user: Some(user.id), outcome }))
    }
}

/// What a line names, found.
struct Named {
    home: Option<GroupId>,
    groups: Vec<GroupRow>,
    plans: Vec<PlanRow>,
    supervisors: Vec<UserId>,
}

impl ImportUser {
    /// Finds what the line names, or says of all of it that is not found.
    fn named(&self, tx: &mut Tx<'_>) -> Result<Named> {
        // The rules first, then groups, then users: the order in which everybody holds them.
        store::standings::hold_rules(tx)?;
        let mut errors = Vec::new();
        let home = self.home_group.as_slice();
        let homes = find_all(tx, home, "/home_group", "group", &mut errors, group_ids)?;
        let mut ids = find_all(tx, &self.groups, "/groups", "group", &mut errors, group_ids)?;
        let plan_ids =
            find_all(tx, &self.learning_plans, "/learning_plans", "plan", &mut errors, plan_ids)?;
        let supervisors =
            find_all(tx, &self.supervisors, "/supervisors", "user", &mut errors, user_ids)?;
        if !errors.is_empty() {
            return Err(Error::invalid(errors));
        }
        let home = homes.first().copied();
        // Groups before their members, and in one order: as whoever adds a member holds them.
        ids.extend(home);
        ids.sort_unstable();
        ids.dedup();
        let mut groups =
            ids.into_iter().map(|id| store::groups::lock(tx, id)).collect::<Result<Vec<_>>>()?;
        // The home group is told of by the profile.
        groups.retain(|group| Some(group.id) != home);
        let plans =
            plan_ids.into_iter().map(|id| store::plans::get(tx.read(), id)).collect::<Result<_>>();
        Ok(Named { home, groups, plans: plans?, supervisors })
    }

    /// The user that the line is about: of its e-mail address, else of its employee id.
    fn find(&self, tx: &mut Tx<'_>) -> Result<Option<UserRow>> {
        if self.email.is_none() && self.employee_id.is_none() {
            let text = "A line needs an email or an employee_id.";
            return Err(Error::invalid_field("/email", "required", text));
        }
        let find = |found: Option<Result<Option<UserRow>>>| found.transpose().map(Option::flatten);
        let conn = tx.read();
        let of_email = find(self.email.as_deref().map(|it| store::users::by_email(conn, it)))?;
        let of_employee_id =
            find(self.employee_id.as_deref().map(|it| store::users::by_employee_id(conn, it)))?;
        match (of_email, of_employee_id) {
            (Some(one), Some(other)) if one.id != other.id => {
                let text = "Another user than the one with this email has this employee_id.";
                Err(Error::invalid_field("/employee_id", "already_exists", text))
            }
            (one, other) => Ok(one.or(other)),
        }
    }

    fn create(&self, named: &Named) -> Result<users::CreateUser> {
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
            home_group_id: named.home,
            supervisor_ids: few(named.supervisors.clone())?,
            password_hash: None,
        })
    }

    fn update(&self, tx: &mut Tx<'_>, user: &UserRow, named: &Named) -> Result<users::UpdateUser> {
        if self.kind.is_some_and(|kind| kind != user.kind) {
            let text = "The kind of an account can't be changed.";
            return Err(Error::invalid_field("/kind", "not_allowed", text));
        }
        store::users::lock(tx, user.id)?;
        let had = store::relations::supervisor_ids(tx.read(), user.id)?;
        let new = named.supervisors.iter().filter(|id| !had.contains(id));
        let has: Vec<UserId> = had.iter().chain(new).copied().collect();
        // The key is no wish to write the address with other letters.
        let same = match (&user.email, &self.email) {
            (Some(one), Some(other)) => fold(one) == fold(other),
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
            home_group_id: named.home.map(Some),
            supervisor_ids: if has == had { None } else { Some(few(has)?) },
            password_hash: None,
        })
    }
}

fn few(supervisors: Vec<UserId>) -> Result<Vec<UserId>> {
    if supervisors.len() > SUPERVISORS_MAX {
        let text = format!("A user has at most {SUPERVISORS_MAX} supervisors.");
        return Err(Error::invalid_field("/supervisors", "too_many", text));
    }
    Ok(supervisors)
}

/// The one thing of each name, once; an error for each name of none or of several.
fn find_all<K: 'static>(
    tx: &mut Tx<'_>,
    names: &[String],
    pointer: &str,
    what: &str,
    errors: &mut Vec<InputError>,
    find: impl Fn(&mut Tx<'_>, &str) -> Result<Vec<Id<K>>>,
) -> Result<Vec<Id<K>>> {
    let mut found = Vec::new();
    for name in names {
        let mut error = |code, text| errors.push(InputError::body(pointer, code, text));
        match find(tx, name)?.as_slice() {
            [] => error("unknown", format!("There is no {what} “{name}”.")),
            [only] if found.contains(only) => {}
            [only] => found.push(*only),
            _ => {
                error("ambiguous", format!("More than one {what} is called “{name}”: use its id."))
            }
        }
    }
    Ok(found)
}

fn group_ids(tx: &mut Tx<'_>, name: &str) -> Result<Vec<GroupId>> {
    match name.parse() {
        Ok(id) => known(id, store::groups::get(tx.read(), id)),
        Err(_) => store::groups::named(tx.read(), name),
    }
}

fn plan_ids(tx: &mut Tx<'_>, name: &str) -> Result<Vec<PlanId>> {
    match name.parse() {
        Ok(id) => known(id, store::plans::get(tx.read(), id)),
        Err(_) => store::plans::named(tx.read(), name),
    }
}

fn user_ids(tx: &mut Tx<'_>, name: &str) -> Result<Vec<UserId>> {
    match name.parse() {
        Ok(id) => known(id, store::users::get(tx.read(), id)),
        Err(_) => {
            Ok(store::users::by_email(tx.read(), name)?.into_iter().map(|it| it.id).collect())
        }
    }
}

fn known<K, T>(id: Id<K>, found: Result<T>) -> Result<Vec<Id<K>>> {
    match found {
        Ok(_) => Ok(vec![id]),
        Err(error) if error.code == Code::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The same error, where it says nothing of where it is.
fn at(pointer: &str, error: Error) -> Error {
    match error.code {
        Code::Conflict => Error::invalid_field(pointer, error.code.as_str(), error.detail),
        _ => error,
    }
}
