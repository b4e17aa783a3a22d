//! What a thread of a worker pool works with, and the loop of the threads that read.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::{
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

    /// Runs jobs that read, one at a time, until the queue is closed.
    pub(super) fn read_loop(&mut self) {
        while let Ok(mut job) = self.jobs.recv() {
            let mut failure = None;
            for _ in 0..TRIES {
                match self.conn() {
                    Ok(conn) => match job.run(conn) {
                        End::Good | End::Bad => break,
                        End::Transient => self.conn = None,
                        End::Broken => {
                            self.conn = None;
                            break;
                        }
                    },
                    Err(error) => {
                        failure = Some(error);
                        break;
                    }
                }
            }
            job.finish(failure);
        }
    }
}
