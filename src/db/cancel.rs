//! Ends statements of PostgreSQL that nobody waits for any more, from a connection of its own.

use std::{sync::Arc, thread, time::Duration};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use diesel::{PgConnection, RunQueryDsl, dsl::sql, sql_types::Integer};

use super::{
    connection::{AnyConnection, open_reader},
    watch::Watch,
};
use crate::{
    config::database_url::DatabaseUrl,
    error::{Error, Result},
};

/// How many reads may wait to be ended. The rest ends by the timeout of statements.
const QUEUE: usize = 1024;

/// The time between two attempts to end a read.
const AGAIN: Duration = Duration::from_millis(100);

/// How often a read is looked at that does not run: it may be about to.
const ROUNDS_MIN: usize = 3;

/// The thread that ends statements.
pub(super) struct Canceller(Sender<Arc<Watch>>);

impl Canceller {
    /// Starts the thread, which connects when there is something to end. It stops when this is
    /// dropped.
    ///
    /// # Errors
    /// `internal_error` where the thread can't be started.
    pub(super) fn start(url: DatabaseUrl) -> Result<Self> {
        let (sender, watches) = bounded(QUEUE);
        let body = move || cancel_loop(&url, &watches);
        thread::Builder::new().name("canceller".to_owned()).spawn(body).map_err(Error::internal)?;
        Ok(Self(sender))
    }

    /// Ends the read under a watch, if it runs.
    pub(super) fn cancel(&self, watch: Arc<Watch>) {
        // A full queue is no loss: the statement has a timeout.
        let _ = self.0.try_send(watch);
    }
}

fn cancel_loop(url: &DatabaseUrl, watches: &Receiver<Arc<Watch>>) {
    let mut conn = None;
    let mut running: Vec<(Arc<Watch>, usize)> = Vec::new();
    loop {
        let next = match running.is_empty() {
            true => watches.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => watches.recv_timeout(AGAIN),
        };
        match next {
            Ok(watch) => running.push((watch, 0)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        // The thread that reads waits for the end of this: it must not wait for a connection too.
        if conn.is_none() {
            conn = open_reader(url).inspect_err(|error| log::warn!("{error}")).ok();
        }
        // PostgreSQL drops a cancel that comes between two messages of the reader, so it is sent again
        // while the read runs.
        running.retain_mut(|(watch, rounds)| {
            *rounds += 1;
            let runs = watch.with_process(|process| end_statement(&mut conn, process));
            runs || *rounds < ROUNDS_MIN
        });
    }
}

fn end_statement(conn: &mut Option<AnyConnection>, process: i32) {
    let Some(AnyConnection::Postgres(open)) = conn else { return };
    let cancel = diesel::sql_query("SELECT pg_cancel_backend($1)");
    if let Err(error) = cancel.bind::<Integer, _>(process).execute(open) {
        log::warn!("a statement can't be ended: {error}");
        *conn = None;
    }
}

/// The process of PostgreSQL behind a connection.
pub(super) fn process(conn: &mut PgConnection) -> Result<i32> {
    Ok(diesel::select(sql::<Integer>("pg_backend_pid()")).get_result(conn)?)
}
