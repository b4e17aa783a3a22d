//! Changes that share a transaction: see [`crate::journal::coalesce::Coalesce`].

use std::collections::BTreeSet;

use super::{Change, apply_alone};
use crate::{
    access::caller::caller,
    db::{connection::AnyConnection, database::Db},
    domain::policy::{Caller, Credentials},
    error::{Error, Result},
    journal::{
        coalesce::{Coalesce, Coalesced, Verdict},
        tx::Tx,
    },
    store,
};

/// A change that can share a transaction with others of its kind. The facts for all of them are
/// read at once, and then each is judged by itself.
pub trait CoalescingChange: Change {
    /// The facts that decide on a batch of changes.
    type Facts;

    /// Reads the facts, and waits for no lock: a change of something locked is made alone.
    ///
    /// # Errors
    /// Those that concern the whole batch.
    fn read_facts(batch: &[(&Caller, &Self)], tx: &mut Tx<'_>) -> Result<Self::Facts>;

    /// Refuses callers who may not, and makes the change. `None` where it has to be made alone.
    ///
    /// # Errors
    /// Those of [`Change::authorize`] and [`Change::apply`].
    fn judge(&self, caller: &Caller, facts: &Self::Facts, tx: &mut Tx<'_>)
    -> Verdict<Self::Output>;
}

/// Makes a change in one transaction with those of its kind that wait at the same time.
///
/// # Errors
/// As [`crate::changes::apply`].
pub async fn coalesce<C: CoalescingChange>(
    db: &Db,
    credentials: Credentials,
    change: C,
) -> Result<C::Output> {
    match db.coalesce(Request { credentials, change }).await? {
        Coalesced::Done(output) => Ok(output),
        Coalesced::Alone(request) => apply_alone(db, credentials, request.change).await,
    }
}

/// A change, with the credentials of its caller.
struct Request<C> {
    credentials: Credentials,
    change: C,
}

impl<C: CoalescingChange> Coalesce for Request<C> {
    type Output = C::Output;

    fn judge(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<Verdict<C::Output>>> {
        let credentials: Vec<Credentials> = batch.iter().map(|it| it.credentials).collect();
        let callers = callers(tx.read(), &credentials)?;
        let of_callers: Vec<(&Caller, &C)> = callers
            .iter()
            .zip(batch)
            .filter_map(|(caller, request)| Some((caller.as_ref().ok()?, &request.change)))
            .collect();
        let facts = C::read_facts(&of_callers, tx)?;
        let judge = |(request, caller): (&&Self, Result<Caller>)| {
            request.change.judge(&caller?, &facts, tx)
        };
        Ok(batch.iter().zip(callers).map(judge).collect())
    }
}

/// The [`caller`] of each credentials. All sessions are read in one query. Other credentials are
/// few, and read once each.
fn callers(conn: &mut AnyConnection, credentials: &[Credentials]) -> Result<Vec<Result<Caller>>> {
    let session = |it: &Credentials| match it {
        Credentials::Session(_, session) => Some(*session),
        _ => None,
    };
    let sessions: BTreeSet<_> = credentials.iter().filter_map(session).collect();
    let identities = store::sessions::identities(conn, &sessions)?;
    let mut others: Vec<(Credentials, Result<Caller>)> = Vec::new();
    let mut callers = Vec::with_capacity(credentials.len());
    for one in credentials {
        if let Credentials::Session(user, session) = one {
            let identity = identities.get(session).filter(|it| it.id == *user).cloned();
            callers.push(identity.map(Caller::User).ok_or_else(Error::invalid_token));
            continue;
        }
        if let Some((_, found)) = others.iter().find(|(other, _)| other == one) {
            callers.push(found.clone());
            continue;
        }
        let found = match caller(conn, *one) {
            Err(error) if error.code.status() >= 500 => return Err(error),
            found => found,
        };
        others.push((*one, found.clone()));
        callers.push(found);
    }
    Ok(callers)
}
