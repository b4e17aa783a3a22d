//! What a thread of a worker pool works with, and the loop of the threads that read.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::{
    cancel::process,
    connection::AnyConnection,
    job::{End, Job},
};
use crate::error::{Error, Result};

/// How often work is started again when the database says that this may help.
pub(super) const TRIES: usize = 8;

/// Makes a connection.
pub(super) type Open = Arc<dyn Fn() -> Result<AnyConnection> + Send + Sync>;

/// A thread's connection, opened again when it is lost, and the queue.
pub(super) struct Worker {
    /// Opens the connection.
    pub(super) open: Open,
    /// The connection; none before it is needed and after it is lost.
    pub(super) conn: Option<AnyConnection>,
    /// The process of PostgreSQL behind the connection, once it is known.
    pub(super) process: Option<i32>,
    /// The queue that the thread takes its jobs from.
    pub(super) jobs: Receiver<Box<dyn Job>>,
}

impl Worker {
    /// The connection, opened if there is none.
    pub(super) fn conn(&mut self) -> Result<&mut AnyConnection> {
        if self.conn.is_none() {
            self.conn = Some((self.open)()?);
        }
        self.conn.as_mut().ok_or_else(|| Error::unavailable("no connection"))
    }

    /// Runs jobs that read, one at a time, until the queue is closed. A read that is not done by
    /// its deadline is interrupted.
    pub(super) fn read_loop(&mut self) {
        while let Ok(mut job) = self.jobs.recv() {
            let mut failure = None;
            for _ in 0..TRIES {
                // Nobody waits for it any more.
                if job.watch().is_some_and(|watch| !watch.is_wanted()) {
                    break;
                }
                match self.run(&mut *job) {
                    Ok(End::Good | End::Bad) => break,
                    Ok(End::Transient) => self.forget_connection(),
                    Ok(End::Broken) => {
                        self.forget_connection();
                        break;
                    }
                    Err(error) => {
                        failure = Some(error);
                        break;
                    }
                }
            }
            job.finish(failure);
        }
    }

    fn run(&mut self, job: &mut dyn Job) -> Result<End> {
        if self.process.is_none()
            && let AnyConnection::Postgres(conn) = self.conn()?
        {
            self.process = Some(process(conn)?);
        }
        let (watch, process) = (job.watch().cloned(), self.process);
        let conn = self.conn()?;
        Ok(match watch {
            Some(watch) => watch.run(process, || job.run(conn)),
            None => job.run(conn),
        })
    }

    fn forget_connection(&mut self) {
        self.conn = None;
        self.process = None;
    }
}
