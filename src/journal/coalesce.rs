//! Changes of one kind that wait at the same time become one job. It reads once what they all need,
//! and writes all their entries in one statement.

use std::any::{Any, TypeId};

use tokio::sync::oneshot;

use super::{recorded::Recorded, tx::Tx};
use crate::{
    db::{
        connection::AnyConnection,
        database::TxContext,
        job::{End, Job, final_outcome, run_caught},
    },
    error::{Error, Result},
};

/// A change that can share a transaction with others of its kind.
///
/// Each is judged by itself, and fails alone. None sees what another of the batch does, so each
/// writes only the entries that it returns: the journal refuses a batch that wrote more.
pub trait Coalesce: Send + Sized + 'static {
    /// The output of one of them.
    type Output: Send;

    /// Judges all of them, in their order.
    ///
    /// # Errors
    /// Where they cannot be judged: then each is tried alone, as a batch of one.
    fn judge(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<Verdict<Self::Output>>>;
}

/// The verdict on one of many: its outcome, or why it is refused; `None` where it would keep the
/// others waiting, and has to be made alone.
pub type Verdict<T> = Result<Option<Recorded<T>>>;

/// The outcome of a change that was to share a transaction.
pub enum Coalesced<C: Coalesce> {
    /// It was made.
    Done(C::Output),
    /// It was not: it has to be made alone.
    Alone(C),
}

/// One change of a batch, and where its outcome goes.
struct Member<C: Coalesce> {
    change: C,
    outcome: Option<Result<Option<C::Output>>>,
    reply: oneshot::Sender<Result<Coalesced<C>>>,
}

/// The job for all of them.
pub(super) struct Batch<C: Coalesce> {
    context: TxContext,
    members: Vec<Member<C>>,
}

impl<C: Coalesce> Batch<C> {
    /// A batch of one, and where its outcome arrives.
    pub(super) fn new(
        context: TxContext,
        change: C,
    ) -> (Self, oneshot::Receiver<Result<Coalesced<C>>>) {
        let (reply, receiver) = oneshot::channel();
        (Self { context, members: vec![Member { change, outcome: None, reply }] }, receiver)
    }
}

impl<C: Coalesce> Job for Batch<C> {
    fn run(&mut self, conn: &mut AnyConnection) -> End {
        let changes: Vec<&C> = self.members.iter().map(|member| &member.change).collect();
        let (outcomes, end) = run_caught(|| make(conn, &self.context, &changes));
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
        for Member { change, outcome, reply } in self.members {
            // The client may have gone; the change stays.
            let _ = reply.send(final_outcome(outcome, after.clone()).map(|output| match output {
                Some(output) => Coalesced::Done(output),
                None => Coalesced::Alone(change),
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
            // Dropped, it replies with an error: its kind was compared before.
            Err(_) => log::error!("a job was joined with one of another kind"),
        }
    }

    fn parts(&mut self) -> Vec<Box<dyn Job>> {
        if self.members.len() < 2 {
            return Vec::new();
        }
        let alone = |member| Self { context: self.context.clone(), members: vec![member] };
        let parts = self.members.drain(..);
        parts.map(|member| Box::new(alone(member)) as Box<dyn Job>).collect()
    }
}

/// Judges the changes, and writes the entries of all at once. An error means that they can't share a
/// transaction: then nothing is kept.
fn make<C: Coalesce>(
    conn: &mut AnyConnection,
    context: &TxContext,
    changes: &[&C],
) -> Result<Vec<Result<Option<C::Output>>>> {
    let mut tx = Tx::new(conn, &context.clock, context.clock.now());
    let verdicts = C::judge(changes, &mut tx)?;
    if tx.has_written() || verdicts.len() != changes.len() {
        return Err(Error::internal("a change of a batch wrote by itself, or was not judged"));
    }
    let (mut outcomes, mut entries) = (Vec::with_capacity(changes.len()), Vec::new());
    for verdict in verdicts {
        outcomes.push(match verdict {
            Ok(Some(recorded)) => {
                let (output, new) = tx.entries_of(recorded)?;
                entries.extend(new);
                Ok(Some(output))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        });
    }
    tx.write_entries(entries)?;
    tx.finish(context)?;
    Ok(outcomes)
}
