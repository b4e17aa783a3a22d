//! Imports lines, many in one transaction.

use std::collections::BTreeSet;

use super::{line::ImportUser, references::References, user::Imported};
use crate::{
    access::caller::caller,
    db::database::Db,
    domain::{
        ids::UserId,
        import::ImportOutcome,
        policy::{Act, Caller, Credentials},
    },
    error::Result,
    journal::{
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
};

/// Lines in one transaction: many enough to share its cost, few enough that other writers do not
/// wait for long.
const LINES_PER_TRANSACTION: usize = 100;

/// Imports lines one after another, each wholly or not at all, and returns their outcomes.
pub async fn import(
    db: &Db,
    credentials: Credentials,
    lines: Vec<ImportUser>,
) -> Vec<Result<Imported>> {
    let mut outcomes = Vec::with_capacity(lines.len());
    let mut lines = lines.into_iter();
    loop {
        let some: Vec<ImportUser> = lines.by_ref().take(LINES_PER_TRANSACTION).collect();
        if some.is_empty() {
            return outcomes;
        }
        let many = some.len();
        let done = db.transact(move |tx| {
            Ok(Recorded::unlogged(
                Unlogged::InParts,
                import_in_transaction(tx, credentials, &some)?,
            ))
        });
        match done.await {
            Ok(done) => outcomes.extend(done),
            // The transaction was rolled back, and with it each of its lines.
            Err(error) => outcomes.extend((0..many).map(|_| Err(error.clone()))),
        }
    }
}

/// The outcomes that an import would have. Each line sees the effects of those before it; in the
/// end all is rolled back.
///
/// # Errors
/// `unavailable`.
pub async fn rehearse(
    db: &Db,
    credentials: Credentials,
    lines: Vec<ImportUser>,
) -> Result<Vec<Result<Imported>>> {
    db.rehearse(move |tx| {
        let mut outcomes = Vec::with_capacity(lines.len());
        for some in lines.chunks(LINES_PER_TRANSACTION) {
            outcomes.extend(import_in_transaction(tx, credentials, some)?);
            tx.flush(Vec::new())?;
        }
        let mut made: BTreeSet<UserId> = BTreeSet::new();
        for Imported { user, outcome } in outcomes.iter_mut().flatten() {
            if *outcome == ImportOutcome::Created {
                made.extend(*user);
            }
            // The rollback takes this user away.
            *user = user.filter(|id| !made.contains(id));
        }
        Ok(outcomes)
    })
    .await
}

/// Imports lines in one transaction. A line that fails leaves no effects, and the others go on. A
/// transient error ends the transaction, which is then tried again.
fn import_in_transaction(
    tx: &mut Tx<'_>,
    credentials: Credentials,
    lines: &[ImportUser],
) -> Result<Vec<Result<Imported>>> {
    let references = References::lock(tx, lines)?;
    let mut outcomes = Vec::with_capacity(lines.len());
    for line in lines {
        let outcome = tx.attempt(|tx| {
            // A line before may have changed the caller themselves.
            let caller = caller(tx.read(), credentials)?;
            authorize(&caller)?;
            line.import(&caller, tx, &references)
        });
        match outcome {
            Err(error) if error.transient => return Err(error),
            outcome => outcomes.push(outcome),
        }
    }
    Ok(outcomes)
}

/// Refuses callers who may not import.
///
/// # Errors
/// `forbidden`.
pub fn authorize(caller: &Caller) -> Result<()> {
    caller.must(Act::CreateUser)?;
    caller.must(Act::ChangeAccount)
}
