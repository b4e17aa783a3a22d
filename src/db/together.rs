//! Changes that are made together: those of one kind that wait at the same time are one job, which
//! asks what it has to know once for all of them, and writes all their entries in one statement.

use std::any::{Any, TypeId};

use tokio::sync::oneshot;

use super::{
    AnyConnection, Recorded, Tx,
    job::{End, Job, caught, told},
    journal::{self, Terms},
};
use crate::error::{Error, Result};

/// A change that can be made together with others of its kind, in one transaction.
///
/// Each is judged by itself, and a bad one fails alone. None may see what another of the set does,
/// so none writes anything but the entries that it declares: the journal refuses a set that did.
pub trait Together: Send + Sized + 'static {
    /// What one of them comes to.
    type Output: Send;

    /// Judges all of them, in their order.
    ///
    /// # Errors
    /// Where they can't be judged: then each is tried alone, as a set of one.
    fn judge(set: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<Verdict<Self::Output>>>;
}

/// What is to become of one of many: what it comes to, or why it is refused; or nothing yet,
/// because it would keep the others waiting.
pub type Verdict<T> = Result<Option<Recorded<T>>>;

/// What came of a change that was to be made together with others.
pub enum Made<S: Together> {
    /// It was made.
    Done(S::Output),
    /// It was not: it has to be made alone.
    Alone(S),
}

/// One of a set, and who waits for it.
struct Member<S: Together> {
    one: S,
    outcome: Option<Result<Option<S::Output>>>,
    reply: oneshot::Sender<Result<Made<S>>>,
}

/// A job for as many as wait.
pub(super) struct Set<S: Together> {
    terms: Terms,
    members: Vec<Member<S>>,
}

impl<S: Together> Set<S> {
    /// A set of one, and where its outcome will be told.
    pub(super) fn of(terms: Terms, one: S) -> (Self, oneshot::Receiver<Result<Made<S>>>) {
        let (reply, answer) = oneshot::channel();
        (Self { terms, members: vec![Member { one, outcome: None, reply }] }, answer)
    }
}

impl<S: Together> Job for Set<S> {
    fn run(&mut self, conn: &mut AnyConnection) -> End {
        let set: Vec<&S> = self.members.iter().map(|member| &member.one).collect();
        let (outcomes, end) = caught(|| journal::together(conn, &self.terms, &set));
        match outcomes {
            Ok(outcomes) => {
                for (member, outcome) in self.members.iter_mut().zip(outcomes) {
                    member.outcome = Some(outcome);
                }
            }
            Err(error) => {
                for member in &mut self.members {
                    member.outcome = Some(Err(error.clone()));
                }
            }
        }
        end
    }

    fn finish(self: Box<Self>, after: Option<Error>) {
        for Member { one, outcome, reply } in self.members {
            // The client may have gone; what is done is done.
            let _ = reply.send(told(outcome, after.clone()).map(|output| match output {
                Some(output) => Made::Done(output),
                None => Made::Alone(one),
            }));
        }
    }

    fn kind(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }

    fn join(&mut self, other: Box<dyn Job>) {
        let other: Box<dyn Any> = other;
        match other.downcast::<Self>() {
            Ok(other) => self.members.extend(other.members),
            // Dropped, it answers with an error: its kind was asked before.
            Err(_) => log::error!("a job was joined with one of another kind"),
        }
    }

    fn parts(&mut self) -> Vec<Box<dyn Job>> {
        if self.members.len() < 2 {
            return Vec::new();
        }
        let alone = |member| Self { terms: self.terms.clone(), members: vec![member] };
        self.members.drain(..).map(|member| Box::new(alone(member)) as Box<dyn Job>).collect()
    }
}
