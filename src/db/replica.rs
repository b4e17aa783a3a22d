//! A read replica: a copy of the database that follows the primary at some distance, and is read for
//! lists and exports instead of it. It must not show callers less than they wrote.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    caller_writes::{Progress, Writes, progress},
    cancel::Canceller,
    connection::open_scanner,
    reader::{MemoryUse, Reader, with_reader},
    worker_pool::{Readers, WorkerPool},
};
use crate::{
    config::database_url::DatabaseUrl,
    domain::{clock::Clock, ids::UserId},
    error::{Error, Result},
};

/// How long a read of it may take: longer than any list that a client waits for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long nothing asks it after it could not be reached, did not reply, or stopped following.
const PAUSE: Duration = Duration::from_secs(10);

/// The connections to a read replica.
pub(super) struct ReadReplica {
    url: DatabaseUrl,
    workers: WorkerPool,
    pause: Arc<Pause>,
    clock: Clock,
}

/// Until when nothing asks it.
#[derive(Default)]
struct Pause(Mutex<Option<Instant>>);

impl Pause {
    fn begin(&self, why: &str) {
        log::warn!("the primary is read instead of the read replica: {why}");
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now().checked_add(PAUSE);
    }

    fn is_over(&self) -> bool {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_none_or(|until| Instant::now() >= until)
    }
}

/// The outcome of a read.
enum Outcome<T> {
    Read(T),
    NotRead(Progress),
}

impl ReadReplica {
    /// Makes no connection yet: the service starts without it.
    ///
    /// # Errors
    /// `internal_error` where a thread can't be started.
    pub(super) fn new(url: DatabaseUrl, readers: Readers, clock: Clock) -> Result<Self> {
        let pause: Arc<Pause> = Arc::default();
        let (to_open, paused) = (with_timeout(&url), Arc::clone(&pause));
        let open = move || {
            // Jobs in the queue don't wait for a host that does not reply.
            if !paused.is_over() {
                return Err(Error::unavailable("it did not reply lately"));
            }
            open_scanner(&to_open, readers.timeout)
                .inspect_err(|error| paused.begin(&error.to_string()))
        };
        let canceller = Some(Arc::new(Canceller::start(with_timeout(&url))?));
        let readers = Readers { name: "replica", ..readers };
        let workers = WorkerPool::late_readers(Arc::new(open), readers, canceller)?;
        Ok(Self { url, workers, pause, clock })
    }

    /// Reads, if it has caught up with a caller. `None` means that the primary has to be read.
    pub(super) async fn read<T, F>(
        &self,
        caller: Option<UserId>,
        writes: Writes,
        work: F,
    ) -> Option<T>
    where
        T: Send + 'static,
        F: Fn(&mut Reader<'_>) -> Result<T> + Send + 'static,
    {
        if !self.pause.is_over() {
            return None;
        }
        let (url, now) = (self.url.clone(), self.clock.now());
        let outcome =
            self.workers.read(None, move |conn| match progress(conn, caller, &writes, now)? {
                Progress::CaughtUp => {
                    with_reader(&url, conn, MemoryUse::SmallCache, &work).map(Outcome::Read)
                }
                progress => Ok(Outcome::NotRead(progress)),
            });
        match tokio::time::timeout(PATIENCE, outcome).await {
            Ok(Ok(Outcome::Read(output))) => return Some(output),
            Ok(Ok(Outcome::NotRead(Progress::Stopped))) => {
                self.pause.begin("it is a minute behind");
            }
            Ok(Ok(Outcome::NotRead(_))) => {}
            // The primary may have what it does not have yet, so a refusal does not count.
            Ok(Err(error)) if error.code.status() < 500 => {}
            Ok(Err(error)) => log::warn!("the read replica failed: {error}"),
            Err(_) => self.pause.begin("it did not reply"),
        }
        None
    }
}

/// The same address, whose host has to reply within some seconds, unless the address itself sets a
/// timeout.
fn with_timeout(url: &DatabaseUrl) -> DatabaseUrl {
    match url {
        DatabaseUrl::Postgres(url) if !url.contains("connect_timeout=") => {
            let separator = if url.contains('?') { '&' } else { '?' };
            DatabaseUrl::Postgres(format!("{url}{separator}connect_timeout=2"))
        }
        _ => url.clone(),
    }
}
