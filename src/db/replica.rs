//! A read replica: a copy of the database that follows the primary at some distance, and answers
//! lists and exports in its place.
//!
//! It must not show a caller less than he wrote. So every change counts, in its own transaction,
//! the writes of its caller, and a copy is asked for a list once it tells of as many as the primary
//! does. A row that is counted up is locked until the commit, so that a count is only reached after
//! those before it; and nothing is asked of how the copy is made. The service writes the time beside
//! these counts: a copy in which that stands still follows no more.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use diesel::{prelude::*, sql_types::Array};
use uuid::Uuid;

use super::{
    connection::{AnyConnection, open_scanner},
    reader::{MemoryUse, Reader, with_reader},
    schema::caller_writes,
    types::SqlId,
    worker_pool::WorkerPool,
};
use crate::{
    config::database_url::DatabaseUrl,
    domain::{clock::Clock, ids::UserId, timestamp::Timestamp},
    error::{Error, Result},
};

/// How long it is waited for: longer than any list takes that somebody waits for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it is left alone after it could not be reached, or did not answer.
const PAUSE: Duration = Duration::from_secs(10);

/// How far it may be behind, in seconds: some beats of the service.
const LAG_MAX: i64 = 60;

/// Whose row has the time.
const HEART: UserId = UserId::from_uuid(Uuid::nil());

/// The connections to a read replica.
pub(super) struct ReadReplica {
    url: DatabaseUrl,
    workers: WorkerPool,
    pause: Arc<Pause>,
    clock: Clock,
}

/// Until when it is left alone.
#[derive(Default)]
struct Pause(Mutex<Option<Instant>>);

impl Pause {
    fn begin(&self, why: &str) {
        log::warn!("the primary is asked instead of the read replica: {why}");
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now().checked_add(PAUSE);
    }

    fn is_over(&self) -> bool {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_none_or(|until| Instant::now() >= until)
    }
}

/// How often callers wrote: who, by slot.
pub(super) type Writes = Vec<(UserId, i32, i64)>;

impl ReadReplica {
    /// Makes no connection yet: nobody needs it to be there.
    ///
    /// # Errors
    /// Where a thread can't be started.
    pub(super) fn new(url: DatabaseUrl, pool: usize, queue: usize, clock: Clock) -> Result<Self> {
        let pause: Arc<Pause> = Arc::default();
        let (to_open, paused) = (with_timeout(&url), Arc::clone(&pause));
        let open = move || {
            // Whoever waits in the queue does not wait for a host that does not answer.
            if !paused.is_over() {
                return Err(Error::unavailable("it did not answer lately"));
            }
            open_scanner(&to_open).inspect_err(|error| paused.begin(&error.to_string()))
        };
        let workers = WorkerPool::late_readers(Arc::new(open), pool, queue)?;
        Ok(Self { url, workers, pause, clock })
    }

    /// Has it do what is read, if it has caught up with a caller: nothing, where the primary has to
    /// be asked.
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
        let answer = self.workers.run(move |conn| {
            let there = writes_of(conn, &[HEART, caller.unwrap_or(HEART)])?;
            if !follows(&there, now) {
                return Ok(Answer::Behind);
            }
            if !has_all(&there, &writes) {
                return Ok(Answer::NotYet);
            }
            with_reader(&url, conn, MemoryUse::SmallCache, &work).map(Answer::Read)
        });
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(Answer::Read(output))) => return Some(output),
            Ok(Ok(Answer::NotYet)) => {}
            Ok(Ok(Answer::Behind)) => self.pause.begin("it is a minute behind"),
            // What it does not have yet the primary may have, so a refusal is none either.
            Ok(Err(error)) if error.code.status() < 500 => {}
            Ok(Err(error)) => log::warn!("the read replica could not answer: {error}"),
            Err(_) => self.pause.begin("it did not answer"),
        }
        None
    }
}

/// What came of asking it.
enum Answer<T> {
    Read(T),
    /// It has not caught up with the caller.
    NotYet,
    /// It does not follow any more.
    Behind,
}

/// The same address, whose host has to answer within some seconds, unless it says itself how long.
fn with_timeout(url: &DatabaseUrl) -> DatabaseUrl {
    match url {
        DatabaseUrl::Postgres(url) if !url.contains("connect_timeout=") => {
            let separator = if url.contains('?') { '&' } else { '?' };
            DatabaseUrl::Postgres(format!("{url}{separator}connect_timeout=2"))
        }
        _ => url.clone(),
    }
}

/// How often callers wrote, as far as this copy of the database knows.
///
/// # Errors
/// Of the database.
pub(super) fn writes_of(conn: &mut AnyConnection, callers: &[UserId]) -> Result<Writes> {
    let query = caller_writes::table.filter(caller_writes::user_id.eq_any(callers)).select((
        caller_writes::user_id,
        caller_writes::slot,
        caller_writes::writes,
    ));
    Ok(match conn {
        AnyConnection::Sqlite(conn) => query.load(conn),
        AnyConnection::Postgres(conn) => query.load(conn),
    }?)
}

fn has_all(there: &Writes, wanted: &Writes) -> bool {
    let has = |wanted: &(UserId, i32, i64)| {
        there.iter().any(|it| (it.0, it.1) == (wanted.0, wanted.1) && it.2 >= wanted.2)
    };
    wanted.iter().all(has)
}

fn follows(there: &Writes, now: Timestamp) -> bool {
    let beat = there.iter().find(|it| it.0 == HEART).map(|it| it.2);
    beat.is_some_and(|beat| now.millis() / 1000 - beat <= LAG_MAX)
}

/// Writes the time where copies of the database show it.
///
/// # Errors
/// Of the database.
pub(super) fn beat(conn: &mut AnyConnection, now: Timestamp) -> Result<()> {
    let row = (
        caller_writes::user_id.eq(HEART),
        caller_writes::slot.eq(0),
        caller_writes::writes.eq(now.millis() / 1000),
    );
    diesel::insert_into(caller_writes::table)
        .values(row)
        .on_conflict((caller_writes::user_id, caller_writes::slot))
        .do_update()
        .set(row)
        .execute(postgres(conn)?)?;
    Ok(())
}

/// Counts a write of each caller, at the end of its transaction: whoever waits for one of these rows
/// waits for a commit and nothing else, and all take them in one order, so that nobody waits in a
/// circle. Connections have different slots, for most.
///
/// # Errors
/// Of the database.
pub(crate) fn count_writes(conn: &mut AnyConnection, callers: &BTreeSet<UserId>) -> Result<()> {
    let callers: Vec<UserId> = callers.iter().copied().collect();
    diesel::sql_query(
        "INSERT INTO caller_writes (user_id, slot, writes) \
         SELECT id, pg_backend_pid() % 16, 1 FROM unnest($1) AS id ORDER BY id \
         ON CONFLICT (user_id, slot) DO UPDATE SET writes = caller_writes.writes + 1",
    )
    .bind::<Array<SqlId>, _>(callers)
    .execute(postgres(conn)?)?;
    Ok(())
}

/// The connection, of the database that can have a replica.
fn postgres(conn: &mut AnyConnection) -> Result<&mut PgConnection> {
    match conn {
        AnyConnection::Postgres(conn) => Ok(conn),
        AnyConnection::Sqlite(_) => Err(Error::internal("SQLite has no read replica")),
    }
}

/// What was read of a list.
pub struct Listed<T> {
    /// The part of it that was asked for.
    pub output: T,
    /// Whether the primary was asked although there is a read replica, which may be behind: the parts
    /// that follow have to be asked of the primary too.
    pub ahead: bool,
}

/// How a list is read.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// It is a few rows by an index.
    pub small: bool,
    /// The part before it was [`Listed::ahead`].
    pub ahead: bool,
}
