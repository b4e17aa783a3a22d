//! Every change of the state: who may make it, what it does, and its entries in the log.

pub mod api_clients;
pub mod attempts;
mod catalogue;
pub mod certifications;
mod coalesce;
pub mod courses;
pub mod enrollments;
pub mod external_training;
pub mod group_members;
pub mod groups;
pub mod idempotency;
pub mod import;
pub mod ingest;
pub mod notes;
pub mod passwords;
mod patch;
pub mod plans;
mod rules;
pub mod sessions;
pub mod token_grants;
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
    /// The output of the change.
    type Output: Send;

    /// Whether it ends the caller's session.
    const ENDS_SESSION: bool = false;

    /// Refuses callers who may not.
    ///
    /// # Errors
    /// `not_found` and `forbidden`.
    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()>;

    /// Makes the change, and returns its output and entries.
    ///
    /// # Errors
    /// Those of the change; then nothing is written.
    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>>;

    /// Makes the change in a transaction: of its own, unless it can share one with others.
    ///
    /// # Errors
    /// As [`apply`].
    fn make(self, db: &Db, credentials: Credentials) -> impl Future<Output = Result<Self::Output>> {
        apply_alone(db, credentials, self)
    }
}

/// Makes a change.
///
/// # Errors
/// `invalid_token` where the credentials are no longer valid; those of the change.
pub async fn apply<C: Change>(db: &Db, credentials: Credentials, change: C) -> Result<C::Output> {
    change.make(db, credentials).await
}

/// Makes a change in a transaction of its own, from identifying the caller to writing the entries.
async fn apply_alone<C: Change>(db: &Db, credentials: Credentials, change: C) -> Result<C::Output> {
    db.transact(move |tx| {
        let caller = caller(tx.read(), credentials)?;
        run(tx, &caller, &change)
    })
    .await
}

/// Asks whether somebody may make a change, without making it: before work that is expensive, which
/// nobody should be able to cause who may not.
///
/// # Errors
/// `invalid_token` where the credentials are no longer valid; those of [`Change::authorize`].
pub async fn authorize<C: Change>(db: &Db, credentials: Credentials, change: C) -> Result<()> {
    db.transact(move |tx| {
        let caller = caller(tx.read(), credentials)?;
        authorize_in(tx, &caller, &change)?;
        Ok(Recorded::unchanged(()))
    })
    .await
}

/// Makes a change as a caller who is identified already.
///
/// # Errors
/// Those of the change.
pub fn run<C: Change>(tx: &mut Tx<'_>, caller: &Caller, change: &C) -> Result<Recorded<C::Output>> {
    authorize_in(tx, caller, change)?;
    change.apply(caller, tx)
}

/// Refuses callers who may not make a change, in its transaction.
fn authorize_in<C: Change>(tx: &mut Tx<'_>, caller: &Caller, change: &C) -> Result<()> {
    tx.add_caller(caller.id());
    change.authorize(caller, tx)
}

/// A new entry of the caller, at the time of the transaction.
fn entry(tx: &Tx<'_>, caller: &Caller, draft: Draft) -> NewEntry {
    let actor = caller.identity().map(|identity| identity.actor());
    tx.new_entry(draft, actor.as_ref())
}

/// Ids in their order, each once.
fn sorted<K>(ids: &[Id<K>]) -> Vec<Id<K>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The most users in memory, where a change concerns many.
const CHUNK: i64 = 200;

/// Does something to many users, in bounded memory. `next` returns the users after an id, in the
/// order of their ids, so that no deadlock arises. `each` returns the entries of some of them, who
/// are locked exclusive.
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
        let users = store::user_locks::lock_all_exclusive(tx, &ids)?;
        let entries = each(tx, &users)?;
        tx.flush(entries)?;
    }
}
