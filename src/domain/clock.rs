//! The clock, the only source of times and ids.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use uuid::{ContextV7, Uuid};

use super::{ids::Id, timestamp::Timestamp};

/// Tells the time, and creates ids that ascend within this process. Clones share their state.
///
/// It can be stopped and set, for demo data of the past and tests of the future.
#[derive(Clone)]
pub struct Clock(Arc<State>);

struct State {
    /// Milliseconds since 1970 where the clock is stopped; [`RUNNING`] where it is not.
    stopped_at: AtomicI64,
    ids: Mutex<ContextV7>,
}

const RUNNING: i64 = i64::MIN;

impl Clock {
    /// A clock that follows that of the system.
    pub fn system() -> Self {
        Self(Arc::new(State {
            stopped_at: AtomicI64::new(RUNNING),
            ids: Mutex::new(ContextV7::new()),
        }))
    }

    /// A clock that stands still at `time` until it is set again.
    pub fn stopped_at(time: Timestamp) -> Self {
        let clock = Self::system();
        clock.set(time);
        clock
    }

    /// Stops the clock at `time`.
    pub fn set(&self, time: Timestamp) {
        self.0.stopped_at.store(time.millis(), Ordering::SeqCst);
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match self.0.stopped_at.load(Ordering::SeqCst) {
            RUNNING => Timestamp::system_now(),
            millis => Timestamp::from_millis(millis).unwrap_or_else(Timestamp::system_now),
        }
    }

    /// A new UUIDv7 (RFC 9562) of the time `now`, greater than each one that it created before.
    pub fn new_id<K>(&self, now: Timestamp) -> Id<K> {
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        // A poisoned lock means that another thread panicked; the counter is still valid.
        let ids = self.0.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
        Id::from_uuid(Uuid::new_v7(uuid::Timestamp::from_unix(&*ids, millis / 1000, nanos)))
    }
}
