//! How a part of a list is read: by the database itself, or by a read replica that has caught up.

use std::sync::Arc;

use super::{
    database::Db,
    reader::Reader,
    replica::{Listed, Listing, ReadReplica, Writes, writes_of},
};
use crate::{domain::ids::UserId, error::Result};

impl Db {
    /// Reads a part of a list. First `gate` finds who asks and what they may, always on the
    /// primary. Then `work` reads, on a read replica where there is one.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn list<G, T>(
        &self,
        how: Listing,
        gate: impl FnOnce(&mut Reader<'_>) -> Result<(Option<UserId>, G)> + Send + 'static,
        work: impl Fn(&mut Reader<'_>, &G) -> Result<T> + Send + Sync + 'static,
    ) -> Result<Listed<T>>
    where
        G: Send + Sync + 'static,
        T: Send + 'static,
    {
        if let Some(replica) = self.replica() {
            return list_by_replica(self, replica, how.ahead, gate, work).await;
        }
        let both = move |reader: &mut Reader<'_>| {
            let (_, gated) = gate(reader)?;
            work(reader, &gated)
        };
        let read = if how.small { self.read(both).await } else { self.read_much(both).await };
        Ok(Listed { output: read?, ahead: false })
    }
}

/// Finds on the primary who asks and what they may, and reads the list on the replica, if it has
/// caught up with the caller; else on the primary.
async fn list_by_replica<G, T>(
    primary: &Db,
    replica: &ReadReplica,
    ahead: bool,
    gate: impl FnOnce(&mut Reader<'_>) -> Result<(Option<UserId>, G)> + Send + 'static,
    work: impl Fn(&mut Reader<'_>, &G) -> Result<T> + Send + Sync + 'static,
) -> Result<Listed<T>>
where
    G: Send + Sync + 'static,
    T: Send + 'static,
{
    let (caller, gated, writes) = primary
        .read_much(move |reader| {
            let (caller, gated) = gate(reader)?;
            let writes = match caller {
                Some(id) if !ahead => writes_of(reader, &[id])?,
                _ => Writes::new(),
            };
            Ok((caller, gated, writes))
        })
        .await?;
    let what = Arc::new((gated, work));
    if !ahead {
        let what = Arc::clone(&what);
        let read = move |reader: &mut Reader<'_>| (what.1)(reader, &what.0);
        if let Some(output) = replica.read(caller, writes, read).await {
            return Ok(Listed { output, ahead: false });
        }
    }
    let output = primary.read_much(move |reader| (what.1)(reader, &what.0)).await?;
    Ok(Listed { output, ahead: true })
}
