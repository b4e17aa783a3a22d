//! The import of users: each line is a change of its own.

use std::{collections::BTreeSet, slice};

use super::{
    line::ImportUser,
    names::{Named, user_ids},
};
use crate::changes::{groups, plans, run, users};
use crate::{
    access::caller::caller,
    db::database::Db,
    domain::{
        entry::Source,
        ids::{GroupId, Id, UserId},
        import::ImportOutcome,
        policy::{Act, Caller, Credentials},
        text::fold,
        user::{Role, UserKind, UserStatus},
        version::IfMatch,
    },
    error::{Code, Error, InputError, Result},
    journal::{
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
    store::{self, groups::GroupRow, plans::PlanRow, users::UserRow},
};

/// The most supervisors that a user has.
const SUPERVISORS_MAX: usize = crate::domain::limits::SUPERVISORS_MAX as usize;

/// What came of a line.
#[derive(Clone, Copy, Debug)]
pub struct Imported {
    /// The user; none in a rehearsal that would make him.
    pub user: Option<UserId>,
    /// What was done.
    pub outcome: ImportOutcome,
}

/// Lines in one transaction: so many that they share the cost of it, so few that who else writes
/// does not wait for long.
const LINES_TOGETHER: usize = 100;

/// Imports lines one after another, each wholly or not at all: what came of each.
pub async fn import(
    db: &Db,
    credentials: Credentials,
    lines: Vec<ImportUser>,
) -> Vec<Result<Imported>> {
    let mut outcomes = Vec::with_capacity(lines.len());
    let mut lines = lines.into_iter();
    loop {
        let some: Vec<ImportUser> = lines.by_ref().take(LINES_TOGETHER).collect();
        if some.is_empty() {
            return outcomes;
        }
        let many = some.len();
        let done = db.transact(move |tx| {
            // Each line tells of itself, if it changes anything.
            Ok(Recorded::unlogged(Unlogged::InParts, together(tx, credentials, &some)?))
        });
        match done.await {
            Ok(done) => outcomes.extend(done),
            // The transaction could not be kept, and so none of its lines.
            Err(error) => outcomes.extend((0..many).map(|_| Err(error.clone()))),
        }
    }
}

/// What would come of importing lines. Each sees what those before it did, so that it is what
/// comes of it; in the end all is taken back.
///
/// # Errors
/// `unavailable`: nothing is known of the lines.
pub async fn rehearse(
    db: &Db,
    credentials: Credentials,
    lines: Vec<ImportUser>,
) -> Result<Vec<Result<Imported>>> {
    db.rehearse(move |tx| {
        let mut outcomes = Vec::with_capacity(lines.len());
        for some in lines.chunks(LINES_TOGETHER) {
            outcomes.extend(together(tx, credentials, some)?);
            tx.flush(Vec::new())?;
        }
        let mut made: BTreeSet<UserId> = BTreeSet::new();
        for Imported { user, outcome } in outcomes.iter_mut().flatten() {
            if *outcome == ImportOutcome::Created {
                made.extend(*user);
            }
            // Nobody will have this id.
            *user = user.filter(|id| !made.contains(id));
        }
        Ok(outcomes)
    })
    .await
}

/// Imports lines in one transaction. A line that fails leaves nothing, and keeps no other from
/// being imported; unless the database asks for all of it to be begun anew.
fn together(
    tx: &mut Tx<'_>,
    credentials: Credentials,
    lines: &[ImportUser],
) -> Result<Vec<Result<Imported>>> {
    let named = Named::hold(tx, lines)?;
    let mut outcomes = Vec::with_capacity(lines.len());
    for line in lines {
        let outcome = tx.attempt(|tx| {
            // A line may be about the caller himself: the next one asks who he is now.
            let caller = caller(tx.read(), credentials)?;
            authorize(&caller)?;
            line.import(&caller, tx, &named)
        });
        match outcome {
            Err(error) if error.transient => return Err(error),
            outcome => outcomes.push(outcome),
        }
    }
    Ok(outcomes)
}

/// Lets the caller import.
///
/// # Errors
/// `forbidden`.
pub fn authorize(caller: &Caller) -> Result<()> {
    caller.must(Act::CreateUser)?;
    caller.must(Act::ChangeMembership)
}

impl ImportUser {
    fn import(
        &self,
        caller: &Caller,
        tx: &mut Tx<'_>,
        named: &Named,
    ) -> Result<Recorded<Imported>> {
        tx.set_source(Source::Import);
        let of = self.of(tx, named)?;
        let found = self.find(tx)?;
        let recorded = match &found {
            Some(user) => {
                let change = self.update(tx, user, &of)?;
                run(tx, caller, &change)?
            }
            None => run(tx, caller, &self.create(&of)?)?,
        };
        let (user, _) = recorded.output().clone();
        let mut more = Vec::new();
        for group in &of.groups {
            let added = groups::add_member(tx, caller, &user, group);
            more.extend(added.map_err(|error| at("/groups", error))?);
        }
        more.extend(plans::assign(tx, caller, slice::from_ref(&user), &of.plans, None, None)?);
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
struct Of {
    home: Option<GroupId>,
    groups: Vec<GroupRow>,
    plans: Vec<PlanRow>,
    supervisors: Vec<UserId>,
}

impl ImportUser {
    /// What the line names, or an error for all of it that is not there.
    fn of(&self, tx: &mut Tx<'_>, named: &Named) -> Result<Of> {
        let mut errors = Vec::new();
        let mut group = |names: &[String], pointer: &str| {
            find_all(names, pointer, "group", &mut errors, |it| Ok(named.groups(it)))
        };
        let home = group(self.home_group.as_slice(), "/home_group")?.first().copied();
        let mut groups = group(&self.groups, "/groups")?;
        let names = &self.learning_plans;
        let plans =
            find_all(names, "/learning_plans", "plan", &mut errors, |it| Ok(named.plans(it)))?;
        let names = &self.supervisors;
        let supervisors =
            find_all(names, "/supervisors", "user", &mut errors, |it| user_ids(tx, it))?;
        if !errors.is_empty() {
            return Err(Error::invalid(errors));
        }
        // The home group is told of by the profile.
        groups.retain(|group| Some(*group) != home);
        groups.sort_unstable();
        let (groups, plans) = (named.group_rows(&groups), named.plan_rows(&plans));
        Ok(Of { home, groups, plans, supervisors })
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

    fn create(&self, of: &Of) -> Result<users::CreateUser> {
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
            home_group_id: of.home,
            supervisor_ids: few(of.supervisors.clone())?,
            password_hash: None,
        })
    }

    fn update(&self, tx: &mut Tx<'_>, user: &UserRow, of: &Of) -> Result<users::UpdateUser> {
        if self.kind.is_some_and(|kind| kind != user.kind) {
            let text = "The kind of an account can't be changed.";
            return Err(Error::invalid_field("/kind", "not_allowed", text));
        }
        store::user_locks::lock(tx, user.id)?;
        let had = store::supervisors::supervisor_ids(tx.read(), user.id)?;
        let new = of.supervisors.iter().filter(|id| !had.contains(id));
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
            home_group_id: of.home.map(Some),
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
fn find_all<K>(
    names: &[String],
    pointer: &str,
    what: &str,
    errors: &mut Vec<InputError>,
    mut find: impl FnMut(&str) -> Result<Vec<Id<K>>>,
) -> Result<Vec<Id<K>>> {
    let mut found = Vec::new();
    for name in names {
        let mut error = |code, text| errors.push(InputError::body(pointer, code, text));
        match find(name)?.as_slice() {
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

/// The same error, where it says nothing of where it is.
fn at(pointer: &str, error: Error) -> Error {
    match error.code {
        Code::Conflict => Error::invalid_field(pointer, error.code.as_str(), error.detail),
        _ => error,
    }
}
