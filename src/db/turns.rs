//! Takes turns between callers: each has a few reads that run, and a few that wait (D-32).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::deadline::by;
use crate::error::{Error, Result};

/// How many reads each caller has at a time.
pub(super) struct Turns {
    running: usize,
    waiting: usize,
    /// The most callers' reads in all that run or wait.
    total: usize,
    callers: Mutex<HashMap<Uuid, CallerTurns>>,
}

struct CallerTurns {
    permits: Arc<Semaphore>,
    admitted: usize,
}

/// The right to run a read, until it is dropped.
pub struct Turn {
    _permit: OwnedSemaphorePermit,
    _admission: Admission,
}

impl Turns {
    /// `running` reads of a caller run at a time, `waiting` wait for that, and `total` do either for
    /// all callers.
    pub(super) fn new(running: usize, waiting: usize, total: usize) -> Arc<Self> {
        Arc::new(Self { running, waiting, total, callers: Mutex::default() })
    }

    /// Waits for the turn of a caller's read, until the deadline.
    ///
    /// # Errors
    /// `rate_limited` where too many of the caller's reads wait already; `unavailable` where too many
    /// of all callers do, or the turn does not come by the deadline.
    pub(super) async fn take(
        self: &Arc<Self>,
        caller: Uuid,
        deadline: Option<Instant>,
    ) -> Result<Turn> {
        let (permits, admission) = self.admit(caller)?;
        let permit = by(deadline, permits.acquire_owned()).await?.map_err(Error::internal)?;
        Ok(Turn { _permit: permit, _admission: admission })
    }

    fn admit(self: &Arc<Self>, caller: Uuid) -> Result<(Arc<Semaphore>, Admission)> {
        let mut callers = self.lock();
        let all: usize = callers.values().map(|it| it.admitted).sum();
        if all >= self.total {
            return Err(Error::unavailable("too many reads wait"));
        }
        let turns = callers.entry(caller).or_insert_with(|| CallerTurns {
            permits: Arc::new(Semaphore::new(self.running)),
            admitted: 0,
        });
        if turns.admitted >= self.running + self.waiting {
            return Err(Error::too_many_reads());
        }
        turns.admitted += 1;
        Ok((Arc::clone(&turns.permits), Admission { turns: Arc::clone(self), caller }))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, CallerTurns>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a read that runs or waits.
struct Admission {
    turns: Arc<Turns>,
    caller: Uuid,
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut callers = self.turns.lock();
        if let Some(turns) = callers.get_mut(&self.caller) {
            turns.admitted = turns.admitted.saturating_sub(1);
            if turns.admitted == 0 {
                callers.remove(&self.caller);
            }
        }
    }
}
