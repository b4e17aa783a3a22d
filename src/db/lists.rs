//! How a part of a list is read: from the database itself, or from a read replica that has caught up.

use std::sync::Arc;

use uuid::Uuid;

use super::{
    caller_writes::{Writes, writes_of},
    database::Db,
    reader::Reader,
    reads::ReadSize,
    replica::ReadReplica,
};
use crate::{domain::ids::UserId, error::Result};

/// How a part of a list is read.
#[derive(Clone, Copy, Debug)]
pub struct ListOptions {
    /// How much it may look at.
    pub size: ReadSize,
    /// The part before it was [`ListPart::from_primary`]: a list does not go back in time.
    pub from_primary: bool,
}

/// A part of a list.
pub struct ListPart<T> {
    /// What was read.
    pub output: T,
    /// It was read from the primary although there is a read replica, which may be behind. The parts
    /// that follow have to be read from the primary too.
    pub from_primary: bool,
}

impl Db {
    /// Reads a part of a list. First `gate` finds the caller and what they may see, always on the
    /// primary. Then `work` reads, on a read replica where there is one. `caller` is whose turn it takes.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn list<G, T>(
        &self,
        caller: Uuid,
        options: ListOptions,
        gate: impl FnOnce(&mut Reader<'_>) -> Result<(Option<UserId>, G)> + Send + 'static,
        work: impl Fn(&mut Reader<'_>, &G) -> Result<T> + Send + Sync + 'static,
    ) -> Result<ListPart<T>>
    where
        G: Send + Sync + 'static,
        T: Send + 'static,
    {
        if let Some(replica) = self.replica() {
            return list_by_replica(self, replica, caller, options, gate, work).await;
        }
        let both = move |reader: &mut Reader<'_>| {
            let (_, gated) = gate(reader)?;
            work(reader, &gated)
        };
        let output = self.read_in_turn(caller, options.size, both).await?;
        Ok(ListPart { output, from_primary: false })
    }
}

/// Runs the gate on the primary. Then reads the list on the replica if that has caught up with the
/// caller, else on the primary.
async fn list_by_replica<G, T>(
    primary: &Db,
    replica: &ReadReplica,
    key: Uuid,
    options: ListOptions,
    gate: impl FnOnce(&mut Reader<'_>) -> Result<(Option<UserId>, G)> + Send + 'static,
    work: impl Fn(&mut Reader<'_>, &G) -> Result<T> + Send + Sync + 'static,
) -> Result<ListPart<T>>
where
    G: Send + Sync + 'static,
    T: Send + 'static,
{
    let ListOptions { size, from_primary } = options;
    let deadline = primary.read_deadline();
    let (caller, gated, writes) = primary
        .read(move |reader| {
            let (caller, gated) = gate(reader)?;
            let writes = match caller {
                Some(id) if !from_primary => writes_of(reader, &[id])?,
                _ => Writes::new(),
            };
            Ok((caller, gated, writes))
        })
        .await?;
    let shared = Arc::new((gated, work));
    if !from_primary {
        let (shared, turn) = (Arc::clone(&shared), primary.turn(key, size, deadline).await?);
        let read = move |reader: &mut Reader<'_>| {
            let _turn = &turn;
            (shared.1)(reader, &shared.0)
        };
        if let Some(output) = replica.read(caller, writes, read).await {
            return Ok(ListPart { output, from_primary: false });
        }
    }
    let read = move |reader: &mut Reader<'_>| (shared.1)(reader, &shared.0);
    let output = primary.read_in_turn(key, size, read).await?;
    Ok(ListPart { output, from_primary: true })
}
