//! What changes come to, as they say it to the journal.

use super::Stamped;

/// What a change came to: its output, and what the log says of it.
#[derive(Debug)]
pub struct Recorded<T> {
    pub(super) output: T,
    pub(super) log: Log,
}

/// What the log says of a change.
#[derive(Debug)]
pub(super) enum Log {
    Entries(Vec<Stamped>),
    Unchanged,
    Ingested,
    Revision,
    OfNoUser,
}

impl<T> Recorded<T> {
    /// Something changed, and these entries tell of it: at least one.
    pub fn new(output: T, entries: Vec<Stamped>) -> Self {
        Self { output, log: Log::Entries(entries) }
    }

    /// Nothing changed, nothing is told. The journal refuses this of a change that wrote.
    pub fn unchanged(output: T) -> Self {
        Self { output, log: Log::Unchanged }
    }

    /// Entries of other systems were written, by [`super::Tx::ingest`].
    pub fn ingested(output: T) -> Self {
        Self { output, log: Log::Ingested }
    }

    /// A note was edited: its revision tells of it.
    pub fn revised(output: T) -> Self {
        Self { output, log: Log::Revision }
    }

    /// Something changed that is about no user, or is no fact of a user's life (a course; the
    /// rotation of a token): it is not part of a log.
    pub fn of_no_user(output: T) -> Self {
        Self { output, log: Log::OfNoUser }
    }

    /// What it came to.
    pub fn output(&self) -> &T {
        &self.output
    }

    /// Whether anything changed.
    pub fn is_change(&self) -> bool {
        !matches!(self.log, Log::Unchanged)
    }

    /// The same change, with more that happened after it.
    #[must_use]
    pub fn and(self, more: Vec<Stamped>) -> Self {
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

    /// The same change, with something made of its output.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Recorded<U> {
        Recorded { output: make(self.output), log: self.log }
    }
}
