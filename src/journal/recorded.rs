//! The outcome of a change, as the journal takes it.

use super::{entry::row::EntryRow, new_entry::NewEntry};

/// The outcome of a change: its output, and the entries that record it.
#[derive(Debug)]
pub struct Recorded<T> {
    pub(super) output: T,
    pub(super) log: Log,
}

/// How the log records a change.
#[derive(Debug)]
pub(super) enum Log {
    Entries(Vec<NewEntry>),
    Unchanged,
    Ingested,
    Revision(Box<EntryRow>),
    Unlogged,
}

/// Why a change has no entry of its own. A test lists every use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlogged {
    /// A course, certification, plan or group itself concerns no user. What follows from it for users
    /// has entries, which [`super::tx::Tx::flush`] wrote.
    Catalogue,
    /// Each part of the change has entries of its own, which [`super::tx::Tx::attempt`] or
    /// [`super::tx::Tx::at`] took.
    InParts,
    /// A token was renewed or issued: nothing changes for the session or the client.
    Token,
    /// Log-in attempts and repeated requests are counted, kept or deleted: the service's own
    /// housekeeping.
    Housekeeping,
}

impl<T> Recorded<T> {
    /// Something changed, and these entries record it: at least one.
    pub fn new(output: T, entries: Vec<NewEntry>) -> Self {
        Self { output, log: Log::Entries(entries) }
    }

    /// Nothing changed. The journal refuses this from a change that wrote.
    pub fn unchanged(output: T) -> Self {
        Self { output, log: Log::Unchanged }
    }

    /// Entries of other systems were written by [`super::tx::Tx::ingest`].
    pub fn ingested(output: T) -> Self {
        Self { output, log: Log::Ingested }
    }

    /// A note was edited: its revision records it, and the ledger gets the new wording.
    pub fn revised(output: T, wording: EntryRow) -> Self {
        Self { output, log: Log::Revision(Box::new(wording)) }
    }

    /// Something changed that no entry records, for a reason.
    pub fn unlogged(_: Unlogged, output: T) -> Self {
        Self { output, log: Log::Unlogged }
    }

    /// The output of the change.
    pub fn output(&self) -> &T {
        &self.output
    }

    /// Whether anything changed.
    pub fn is_change(&self) -> bool {
        !matches!(self.log, Log::Unchanged)
    }

    /// The same change, with entries of what happened after it.
    #[must_use]
    pub fn and(self, more: Vec<NewEntry>) -> Self {
        let log = match self.log {
            Log::Entries(entries) => Log::Entries(entries.into_iter().chain(more).collect()),
            _ if !more.is_empty() => Log::Entries(more),
            log => log,
        };
        Self { log, ..self }
    }

    /// The same change, with another output.
    pub fn with<U>(self, output: U) -> Recorded<U> {
        Recorded { output, log: self.log }
    }

    /// The same change, with an output made from its output.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Recorded<U> {
        Recorded { output: make(self.output), log: self.log }
    }
}
