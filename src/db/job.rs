//! What the queue of a worker pool holds: work that keeps its own outcome, until it may be told.

use std::{
    any::{Any, TypeId},
    panic::{AssertUnwindSafe, catch_unwind},
};

use tokio::sync::oneshot;

use super::connection::AnyConnection;
use crate::error::{Code, Error, Result};

/// Work for a connection, and who waits for its outcome.
pub(crate) trait Job: Any + Send {
    /// Runs, and says whether it came to a good end.
    fn run(&mut self, conn: &mut AnyConnection) -> End;

    /// Tells the outcome; the error that came after it, if there was one, instead of a success.
    fn finish(self: Box<Self>, after: Option<Error>);

    /// Jobs of one kind can be made one; most are of none.
    fn kind(&self) -> Option<TypeId> {
        None
    }

    /// Takes up a job of the same kind, to be run with this one.
    fn join(&mut self, _: Box<dyn Job>) {}

    /// The jobs that were joined, each for itself again: for when all together failed. Nothing,
    /// where it is but one.
    fn parts(&mut self) -> Vec<Box<dyn Job>> {
        Vec::new()
    }
}

/// How a job ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Good,
    Bad,
    /// Begun anew, it may come to a good end.
    Transient,
    /// It panicked, and may have left the connection in the middle of something.
    Broken,
}

/// Runs work; a panic of it ends nothing but the work.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T>) -> (Result<T>, End) {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(output)) => (Ok(output), End::Good),
        Ok(Err(error)) if error.transient => (Err(error), End::Transient),
        Ok(Err(error)) => (Err(error), End::Bad),
        Err(_) => (Err(Error::internal("a database job panicked")), End::Broken),
    }
}

/// What is told of an outcome, if an error came after it.
pub(crate) fn reported<T>(outcome: Option<Result<T>>, after: Option<Error>) -> Result<T> {
    match (outcome, after) {
        (Some(outcome), None) => outcome,
        (Some(Err(error)), Some(_)) if error.code == Code::Internal => Err(error),
        // A refusal may rest on what another job of the transaction did, which is not kept.
        (_, Some(error)) => Err(error),
        (None, None) => Err(Error::internal("a job was not run")),
    }
}

/// A job of its own: one piece of work for whoever waits for it.
pub(crate) struct Task<T, F> {
    work: F,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Task<T, F> {
    /// The job, and where its outcome will be told.
    pub(crate) fn new(work: F) -> (Self, oneshot::Receiver<Result<T>>) {
        let (reply, answer) = oneshot::channel();
        (Self { work, outcome: None, reply }, answer)
    }
}

impl<T, F> Job for Task<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut AnyConnection) -> Result<T> + Send + 'static,
{
    fn run(&mut self, conn: &mut AnyConnection) -> End {
        let (outcome, end) = caught(|| (self.work)(conn));
        self.outcome = Some(outcome);
        end
    }

    fn finish(self: Box<Self>, after: Option<Error>) {
        // The client may have gone; what is done is done.
        let _ = self.reply.send(reported(self.outcome, after));
    }
}
