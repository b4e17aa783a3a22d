//! Every change of the state: who may make it, what it does, and what the log says of it.

pub mod api_clients;
pub mod attempts;
pub mod certifications;
mod coalesce;
pub mod courses;
pub mod enrollments;
pub mod external_training;
pub mod groups;
pub mod idempotency;
pub mod import;
pub mod ingest;
pub mod notes;
pub mod plans;
mod rules;
pub mod sessions;
pub mod users;

use crate::{
    access::caller::caller,
    db::database::Db,
    domain::{
        ids::{Id, UserId},
        policy::{Caller, Credentials},
    },
    error::Result,
    journal::{draft::Draft, new_entry::NewEntry, recorded::Recorded, tx::Tx},
    store::{self, users::UserRow},
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
    tx.add_caller(caller.id());
    change.authorize(caller, tx)?;
    change.apply(caller, tx)
}

/// Dates an entry, and signs it with the caller.
fn entry(tx: &Tx<'_>, caller: &Caller, draft: Draft) -> NewEntry {
    let actor = caller.identity().map(|identity| identity.actor());
    tx.new_entry(draft, actor.as_ref())
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
    each: impl Fn(&mut Tx<'_>, &[UserRow]) -> Result<Vec<NewEntry>>,
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
