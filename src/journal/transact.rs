//! The three ways into a transaction that writes.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    coalesce::{Batch, Coalesce, Coalesced},
    recorded::Recorded,
    tx::Tx,
};
use crate::{
    db::{connection::AnyConnection, database::Db},
    error::{Error, Result},
};

impl Db {
    /// Makes one change and writes its entries, all or nothing.
    ///
    /// On SQLite one thread does all the writing, and many changes share a commit, each in its own
    /// savepoint. This returns once the commit is on disk.
    ///
    /// # Errors
    /// Those of `work`, and then nothing is written; `unavailable` where the queue is full or the
    /// database is away.
    pub async fn transact<T, F>(&self, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<Recorded<T>> + Send + 'static,
    {
        let context = self.context().clone();
        let job = move |conn: &mut AnyConnection| {
            let mut tx = Tx::new(conn, &context.clock, context.clock.now());
            let recorded = work(&mut tx)?;
            let output = tx.record(recorded)?;
            tx.finish(&context)?;
            Ok(output)
        };
        let output = self.writers().run(job).await?;
        self.tell_of_records();
        Ok(output)
    }

    /// Makes one change and those of its kind that wait at the same time in one transaction, with one
    /// read of what they all need, and one commit. Each fails alone.
    ///
    /// # Errors
    /// As [`Self::transact`].
    pub async fn coalesce<C: Coalesce>(&self, change: C) -> Result<Coalesced<C>> {
        let (batch, reply) = Batch::new(self.context().clone(), change);
        let outcome = self.coalescing_writers().wait_for(batch, reply).await?;
        self.tell_of_records();
        Ok(outcome)
    }

    /// Does as [`Self::transact`], returns the output, and rolls everything back.
    ///
    /// # Errors
    /// As [`Self::transact`].
    pub async fn rehearse<T, F>(&self, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let output = Arc::new(Mutex::new(None));
        let (clock, slot) = (self.clock().clone(), Arc::clone(&output));
        let job = move |conn: &mut AnyConnection| -> Result<()> {
            let now = clock.now();
            let output = work(&mut Tx::new(conn, &clock, now))?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
            Err(Error::internal("a rehearsal is not kept"))
        };
        let ended = self.writers().run(job).await;
        let output = output.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (output, ended) {
            (Some(output), _) => Ok(output),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(Error::internal("a rehearsal was kept")),
        }
    }
}
