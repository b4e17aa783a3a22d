//! The jobs in the queue of a worker pool: work that keeps its outcome until that may be sent.

use std::{
    any::{Any, TypeId},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::sync::oneshot;

use super::{connection::AnyConnection, watch::Watch};
use crate::error::{Code, Error, Result};

/// Work for a connection, with the receiver of its outcome.
pub(crate) trait Job: Any + Send {
    /// Runs the work, and says how it ended.
    fn run(&mut self, conn: &mut AnyConnection) -> End;

    /// Sends the outcome. `after` is an error that came after it: it is sent instead of a success.
    fn finish(self: Box<Self>, after: Option<Error>);

    /// The watch over a job that reads.
    fn watch(&self) -> Option<&Arc<Watch>> {
        None
    }

    /// Jobs of one kind can be joined; most jobs are of none.
    fn kind(&self) -> Option<TypeId> {
        None
    }

    /// Adds a job of the same kind, to be run with this one.
    fn join(&mut self, _: Box<dyn Job>) {}

    /// Takes the joined jobs apart again, for when all of them failed as a whole. Nothing for a job
    /// of one part.
    fn parts(&mut self) -> Vec<Box<dyn Job>> {
        Vec::new()
    }
}

/// How a job ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It succeeded.
    Good,
    /// It failed.
    Bad,
    /// It failed, and may succeed when it is started again.
    Transient,
    /// It panicked, and may have left the connection in the middle of something.
    Broken,
}

/// Runs work; a panic ends only the work.
pub(crate) fn run_caught<T>(work: impl FnOnce() -> Result<T>) -> (Result<T>, End) {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(output)) => (Ok(output), End::Good),
        Ok(Err(error)) if error.transient => (Err(error), End::Transient),
        Ok(Err(error)) => (Err(error), End::Bad),
        Err(_) => (Err(Error::internal("a database job panicked")), End::Broken),
    }
}

/// The outcome to send, where an error may have come after it.
pub(crate) fn final_outcome<T>(outcome: Option<Result<T>>, after: Option<Error>) -> Result<T> {
    match (outcome, after) {
        (Some(outcome), None) => outcome,
        (Some(Err(error)), Some(_)) if error.code == Code::Internal => Err(error),
        // A refusal may rest on what another job of the transaction did, which is not kept.
        (_, Some(error)) => Err(error),
        (None, None) => Err(Error::internal("a job was not run")),
    }
}

/// A job of its own: one piece of work with one outcome.
pub(crate) struct Task<T, F> {
    work: F,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Task<T, F> {
    /// The job, and where its outcome arrives.
    pub(crate) fn new(work: F) -> (Self, oneshot::Receiver<Result<T>>) {
        let (reply, receiver) = oneshot::channel();
        (Self { work, outcome: None, reply }, receiver)
    }
}

impl<T, F> Job for Task<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut AnyConnection) -> Result<T> + Send + 'static,
{
    fn run(&mut self, conn: &mut AnyConnection) -> End {
        let (outcome, end) = run_caught(|| (self.work)(conn));
        self.outcome = Some(outcome);
        end
    }

    fn finish(self: Box<Self>, after: Option<Error>) {
        // The client may have gone; the work is kept.
        let _ = self.reply.send(final_outcome(self.outcome, after));
    }
}

/// A read, under a watch.
pub(super) struct Read<T, F> {
    task: Task<T, F>,
    watch: Arc<Watch>,
}

impl<T, F> Read<T, F> {
    /// The job, and where its outcome arrives.
    pub(super) fn new(work: F, watch: Arc<Watch>) -> (Self, oneshot::Receiver<Result<T>>) {
        let (task, receiver) = Task::new(work);
        (Self { task, watch }, receiver)
    }
}

impl<T, F> Job for Read<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut AnyConnection) -> Result<T> + Send + 'static,
{
    fn run(&mut self, conn: &mut AnyConnection) -> End {
        self.task.run(conn)
    }

    fn finish(self: Box<Self>, after: Option<Error>) {
        let Task { work, outcome, reply } = self.task;
        // The caller's turn ends before the reply is sent.
        drop(work);
        let outcome = self.watch.explain(final_outcome(outcome, after));
        let _ = reply.send(outcome);
    }

    fn watch(&self) -> Option<&Arc<Watch>> {
        Some(&self.watch)
    }
}
