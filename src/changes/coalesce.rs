//! Changes that are made together: see [`crate::journal::coalesce::Coalesce`].

use std::collections::BTreeSet;

use super::{Change, alone};
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

/// A change that can be made together with others of its kind: what they all have to know is read
/// at once, and then each is judged by itself.
pub trait CoalescingChange: Change {
    /// What has to be known of a set of them.
    type Facts;

    /// Reads it, and waits for nobody: what somebody else holds is left to be made alone.
    ///
    /// # Errors
    /// Of the database.
    fn read_facts(set: &[(&Caller, &Self)], tx: &mut Tx<'_>) -> Result<Self::Facts>;

    /// Refuses callers who may not, and says what comes of it: nothing yet, if it has to be made
    /// alone.
    ///
    /// # Errors
    /// As those of [`Change::authorize`] and [`Change::apply`].
    fn judge(&self, caller: &Caller, facts: &Self::Facts, tx: &mut Tx<'_>)
    -> Verdict<Self::Output>;
}

/// Makes a change together with those of its kind that wait at the same time.
///
/// # Errors
/// As [`crate::changes::apply`].
pub async fn coalesce<C: CoalescingChange>(
    db: &Db,
    credentials: Credentials,
    change: C,
) -> Result<C::Output> {
    match db.coalesce(Asked { credentials, change }).await? {
        Coalesced::Done(output) => Ok(output),
        Coalesced::Alone(asked) => alone(db, credentials, asked.change).await,
    }
}

/// A change, and what its caller shows.
struct Asked<C> {
    credentials: Credentials,
    change: C,
}

impl<C: CoalescingChange> Coalesce for Asked<C> {
    type Output = C::Output;

    fn judge(set: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<Verdict<C::Output>>> {
        let credentials: Vec<Credentials> = set.iter().map(|asked| asked.credentials).collect();
        let callers = callers(tx.read(), &credentials)?;
        let asked: Vec<(&Caller, &C)> = callers
            .iter()
            .zip(set)
            .filter_map(|(caller, asked)| Some((caller.as_ref().ok()?, &asked.change)))
            .collect();
        let facts = C::read_facts(&asked, tx)?;
        let judge =
            |(asked, caller): (&&Self, Result<Caller>)| asked.change.judge(&caller?, &facts, tx);
        Ok(set.iter().zip(callers).map(judge).collect())
    }
}

/// Who each caller is now, as [`caller`] says it of one: the sessions of all in one query, and what
/// else is shown, which is few things, each once.
fn callers(conn: &mut AnyConnection, credentials: &[Credentials]) -> Result<Vec<Result<Caller>>> {
    let session = |it: &Credentials| match it {
        Credentials::Session(_, session) => Some(*session),
        _ => None,
    };
    let sessions: BTreeSet<_> = credentials.iter().filter_map(session).collect();
    let identities = store::sessions::identities(conn, &sessions)?;
    let mut others: Vec<(Credentials, Result<Caller>)> = Vec::new();
    let mut callers = Vec::with_capacity(credentials.len());
    for shown in credentials {
        if let Credentials::Session(user, session) = shown {
            let identity = identities.get(session).filter(|it| it.id == *user).cloned();
            callers.push(identity.map(Caller::Known).ok_or_else(Error::invalid_token));
            continue;
        }
        if let Some((_, known)) = others.iter().find(|(other, _)| other == shown) {
            callers.push(known.clone());
            continue;
        }
        let known = match caller(conn, *shown) {
            Err(error) if error.code.status() >= 500 => return Err(error),
            known => known,
        };
        others.push((*shown, known.clone()));
        callers.push(known);
    }
    Ok(callers)
}
