//! A transaction that may write.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;

use super::{
    draft::Draft,
    entry::{insert, row::EntryRow},
    new_entry::NewEntry,
    recorded::{Log, Recorded},
    records::{append::append, new_record::NewRecord},
};
use crate::{
    db::{caller_writes::count_writes, connection::AnyConnection, database::TxContext},
    domain::{
        clock::Clock,
        entry::{Actor, Source},
        ids::{EntryId, Id, UserId},
        timestamp::Timestamp,
    },
    error::{Error, Result},
};

/// A transaction that may write. Only the journal makes one, so code that has one runs inside it.
pub struct Tx<'a> {
    conn: &'a mut AnyConnection,
    clock: &'a Clock,
    now: Timestamp,
    via: Option<Source>,
    written: bool,
    /// Entries of attempts, which are written with those of the change that they are part of.
    attempted: Vec<NewEntry>,
    /// The callers whose writes are counted for a read replica.
    callers: BTreeSet<UserId>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(conn: &'a mut AnyConnection, clock: &'a Clock, now: Timestamp) -> Self {
        Self {
            conn,
            clock,
            now,
            via: None,
            written: false,
            attempted: Vec::new(),
            callers: BTreeSet::new(),
        }
    }

    /// When the change happens: one instant for all of it.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A new id, greater than those made before.
    pub fn new_id<K>(&self) -> Id<K> {
        self.clock.new_id(self.now)
    }

    /// Names the caller whose change this is: from its end on, they see it on every replica.
    pub fn add_caller(&mut self, caller: Option<UserId>) {
        self.callers.extend(caller);
    }

    /// The connection, for reading.
    pub fn read(&mut self) -> &mut AnyConnection {
        self.conn
    }

    /// The connection, for writing. Only `store` asks for it: a test checks that.
    pub fn write(&mut self) -> &mut AnyConnection {
        self.written = true;
        self.conn
    }

    /// Whether anything was written.
    pub(super) fn has_written(&self) -> bool {
        self.written
    }

    /// Writes entries before the end of the change, after those of its attempts: for a change with
    /// too many to keep in memory.
    ///
    /// # Errors
    /// `unavailable` where the database is away.
    pub fn flush(&mut self, entries: Vec<NewEntry>) -> Result<()> {
        let mut all = std::mem::take(&mut self.attempted);
        all.extend(entries);
        self.write_entries(all)
    }

    /// Writes entries of other systems before the end of the change, except those whose
    /// `external_id` is in the log already. Returns the ids of those it wrote.
    ///
    /// On PostgreSQL another replica may be writing the same `external_id` now: this waits for its
    /// outcome. All transactions write in the order of the external ids, so no cycle of waiting
    /// arises.
    ///
    /// # Errors
    /// `unavailable` where the database is away.
    pub fn ingest(&mut self, entries: &[&NewEntry]) -> Result<BTreeSet<EntryId>> {
        let rows: Vec<&EntryRow> = entries.iter().map(|entry| entry.row()).collect();
        let written = insert::insert_new(self.conn, &rows)?;
        self.written |= !written.is_empty();
        let new: Vec<&EntryRow> =
            rows.into_iter().filter(|row| written.contains(&row.id)).collect();
        append(self.conn, &NewRecord::from_entries(&new)?)?;
        Ok(written)
    }

    /// Makes one of several changes of one transaction, with entries and a time of its own. The
    /// demo data fills the past this way.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn at<T>(
        &mut self,
        time: Timestamp,
        work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<T>>,
    ) -> Result<T> {
        let mut tx = Tx { via: self.via, ..Tx::new(self.conn, self.clock, time) };
        let recorded = work(&mut tx)?;
        let output = tx.record(recorded)?;
        let callers = tx.callers;
        self.callers.extend(callers);
        Ok(output)
    }

    /// Makes one of several changes of one transaction, which may fail alone: then its effects are
    /// rolled back, and the others stay. Its entries are written with those of the whole.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<T>>,
    ) -> Result<T> {
        self.conn.batch_execute("SAVEPOINT attempt")?;
        let mut tx = Tx { via: self.via, ..Tx::new(self.conn, self.clock, self.now) };
        let result = work(&mut tx).and_then(|recorded| tx.entries_of(recorded));
        let callers = tx.callers;
        let end = match result {
            Ok(_) => "RELEASE attempt",
            Err(_) => "ROLLBACK TO attempt; RELEASE attempt",
        };
        self.conn.batch_execute(end)?;
        let (output, entries) = result?;
        self.attempted.extend(entries);
        self.callers.extend(callers);
        Ok(output)
    }

    /// Sets how everything from here on comes about, unless an entry names its own source.
    pub fn set_source(&mut self, source: Source) {
        self.via = Some(source);
    }

    /// Completes a draft. It is written when the change returns it in its [`Recorded`].
    pub fn new_entry(&self, draft: Draft, by: Option<&Actor>) -> NewEntry {
        NewEntry::complete(draft, self.new_id(), self.now, self.via, by)
    }

    /// Writes the entries of a change, and returns its output.
    pub(super) fn record<T>(&mut self, recorded: Recorded<T>) -> Result<T> {
        let (output, entries) = self.entries_of(recorded)?;
        self.write_entries(entries)?;
        Ok(output)
    }

    /// The output of a change and all its entries, those of its attempts first.
    ///
    /// # Errors
    /// `internal_error` where the change and its record contradict each other.
    pub(super) fn entries_of<T>(&mut self, recorded: Recorded<T>) -> Result<(T, Vec<NewEntry>)> {
        let mut all = std::mem::take(&mut self.attempted);
        match recorded.log {
            Log::Entries(entries) if entries.is_empty() => {
                return Err(Error::internal("a change has no entry that records it"));
            }
            Log::Entries(entries) => all.extend(entries),
            Log::Unchanged if self.written => {
                return Err(Error::internal("a change wrote, and says that nothing changed"));
            }
            Log::Ingested if !self.written => {
                return Err(Error::internal("entries were ingested, and none was written"));
            }
            Log::Revision(wording) => {
                append(self.conn, &NewRecord::from_entries(&[&wording])?)?;
            }
            Log::Unchanged | Log::Ingested | Log::Unlogged => {}
        }
        Ok((recorded.output, all))
    }

    pub(super) fn write_entries(&mut self, entries: Vec<NewEntry>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let rows: Vec<&EntryRow> = entries.iter().map(NewEntry::row).collect();
        // At log-in there is no caller yet, but the entry names the user who entered it.
        self.callers.extend(rows.iter().filter_map(|row| row.entered_by_id));
        insert::insert(self.write(), &rows)?;
        append(self.conn, &NewRecord::from_entries(&rows)?)
    }

    /// Ends a transaction that is kept.
    pub(super) fn finish(self, context: &TxContext) -> Result<()> {
        if context.counts_writes && !self.callers.is_empty() {
            count_writes(self.conn, &self.callers)?;
        }
        Ok(())
    }
}
