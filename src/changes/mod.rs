//! Every change of the state: who may make it, what it does, and what the log says of it.

pub mod api_clients;
pub mod attempts;
pub mod certifications;
pub mod courses;
pub mod enrollments;
pub mod external_training;
pub mod groups;
pub mod idempotency;
pub mod import;
pub mod ingest;
mod named;
pub mod notes;
pub mod plans;
mod rules;
pub mod sessions;
mod together;
pub mod users;

use crate::{
    db::{AnyConnection, Db, Draft, Reader, Recorded, Stamped, Tx},
    domain::{
        ids::{Id, UserId},
        policy::{Act, Caller, Credentials, Relation},
    },
    error::Result,
    store::{self, reach::Visible, users::UserRow},
};

/// A change of the state.
///
/// It may be tried more than once, when PostgreSQL breaks a deadlock, so it keeps nothing of its
/// own between `authorize` and `apply`.
pub trait Change: Sized + Send + 'static {
    /// What it comes to.
    type Output: Send;

    /// Whether the caller's session is over afterwards.
    const ENDS_SESSION: bool = false;

    /// Refuses callers who may not.
    ///
    /// # Errors
    /// `not_found` and `forbidden`.
    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()>;

    /// Does it, and says what the log tells of it.
    ///
    /// # Errors
    /// Whatever keeps it from being done; then nothing is written.
    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>>;

    /// Makes it: alone, unless it is one of those that are made together with others.
    ///
    /// # Errors
    /// As [`apply`].
    fn make(self, db: &Db, credentials: Credentials) -> impl Future<Output = Result<Self::Output>> {
        alone(db, credentials, self)
    }
}

/// Makes a change.
///
/// # Errors
/// `invalid_token` where the credentials are not good any more; whatever the change answers.
pub async fn apply<C: Change>(db: &Db, credentials: Credentials, change: C) -> Result<C::Output> {
    change.make(db, credentials).await
}

/// Makes a change in a transaction of its own, from asking who the caller is now to writing the
/// entries.
async fn alone<C: Change>(db: &Db, credentials: Credentials, change: C) -> Result<C::Output> {
    db.transact(move |tx| {
        let caller = caller(tx.read(), credentials)?;
        run(tx, &caller, &change)
    })
    .await
}

/// Makes a change as a caller who is known already.
///
/// # Errors
/// Whatever the change answers.
pub fn run<C: Change>(tx: &mut Tx<'_>, caller: &Caller, change: &C) -> Result<Recorded<C::Output>> {
    tx.is_of(caller.id());
    change.authorize(caller, tx)?;
    change.apply(caller, tx)
}

/// Who the caller is now, whatever his token says.
///
/// # Errors
/// `invalid_token` where his session has ended, his API client is revoked, or he is not active any
/// more; `insufficient_scope` and `forbidden` where his API client is not good for the operation.
pub fn caller(conn: &mut AnyConnection, credentials: Credentials) -> Result<Caller> {
    Ok(match credentials {
        Credentials::Session(user, session) => {
            Caller::Known(store::sessions::identity(conn, session, user)?)
        }
        Credentials::Client(user, client, scopes, needs) => {
            let identity = store::api_clients::identity(conn, client, user, scopes)?;
            identity.must_reach(needs)?;
            Caller::Known(identity)
        }
        Credentials::External(user) => Caller::Known(store::users::get(conn, user)?.identity()?),
        Credentials::None => Caller::Nobody,
        Credentials::Service => Caller::Service,
    })
}

/// Lets the caller see a user's profile, and with it his log: one rule, here and nowhere else.
///
/// # Errors
/// `not_found` where there is no such user, or none that the caller may see.
pub fn see_user(conn: &mut AnyConnection, caller: &Caller, user: UserId) -> Result<Relation> {
    let relation = store::relations::relation(conn, caller.id(), user)?;
    caller.must_for_user(relation, Act::SeeUser(relation))?;
    Ok(relation)
}

/// Who the caller is now, if he may see a user: [`caller`] and [`see_user`], for whoever logged in
/// with one look.
///
/// # Errors
/// As theirs.
pub fn caller_who_sees(
    conn: &mut AnyConnection,
    credentials: Credentials,
    user: UserId,
) -> Result<Caller> {
    if let Credentials::Session(id, session) = credentials
        && let Some((identity, relation)) = store::relations::of_session(conn, session, id, user)?
    {
        let caller = Caller::Known(identity);
        caller.must_for_user(relation, Act::SeeUser(relation))?;
        return Ok(caller);
    }
    // Whoever is refused is told why.
    let caller = caller(conn, credentials)?;
    see_user(conn, &caller, user)?;
    Ok(caller)
}

/// Whom the caller may see, for a list.
///
/// # Errors
/// Of the database.
pub fn visible(conn: &mut Reader<'_>, caller: &Caller) -> Result<Visible> {
    store::reach::visible(conn, caller.reach())
}

/// Lets the caller do something to a user.
///
/// # Errors
/// As [`see_user`]; `forbidden` where the caller may see the user, but not do this.
pub fn act_on_user(
    conn: &mut AnyConnection,
    caller: &Caller,
    user: UserId,
    act: impl FnOnce(Relation) -> Act,
) -> Result<()> {
    let relation = store::relations::relation(conn, caller.id(), user)?;
    caller.must_for_user(relation, act(relation))
}

/// Dates an entry, and signs it with the caller.
fn entry(tx: &Tx<'_>, caller: &Caller, draft: Draft) -> Stamped {
    let actor = caller.identity().map(|identity| identity.actor());
    tx.stamp(draft, actor.as_ref())
}

/// Ids in their order, each once: a list that a request says, as a set.
fn sorted<K>(ids: &[Id<K>]) -> Vec<Id<K>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Users that are looked at together, where a change concerns many.
const CHUNK: i64 = 200;

/// Does something to many users, in bounded memory: `next` gives the users after a place in the
/// order of their ids, so that all who hold many hold them in one order; `each` gives the entries
/// of some of them, who are held.
fn for_each_chunk(
    tx: &mut Tx<'_>,
    next: impl Fn(&mut Tx<'_>, Option<UserId>) -> Result<Vec<UserId>>,
    each: impl Fn(&mut Tx<'_>, &[UserRow]) -> Result<Vec<Stamped>>,
) -> Result<()> {
    let mut after = None;
    loop {
        let ids = next(tx, after)?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = Some(*last);
        let users = store::user_locks::lock_all(tx, &ids)?;
        let entries = each(tx, &users)?;
        tx.flush(entries)?;
    }
}
