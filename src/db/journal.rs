//! The journal: the only way to write. A change and its entries are one transaction.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use diesel::connection::SimpleConnection;

use super::{
    AnyConnection, Draft, EntryRow, Recorded, Together, entry_insert, read_replica, recorded::Log,
};
use crate::{
    domain::{
        clock::Clock,
        entry::{Actor, EntryType, FieldChange, Source},
        ids::{EntryId, Id, UserId},
        text::fold,
        timestamp::Timestamp,
        user::UserKind,
    },
    error::{Error, Result},
};

/// What holds of every transaction of a database.
#[derive(Clone)]
pub(super) struct Terms {
    /// What changes are dated by.
    pub(super) clock: Clock,
    /// Whether the writes of each caller are counted, for a read replica.
    pub(super) counts_writes: bool,
}

/// A transaction that may write. Only the journal makes one, so whoever holds one is inside it.
pub struct Tx<'a> {
    conn: &'a mut AnyConnection,
    clock: &'a Clock,
    now: Timestamp,
    via: Option<Source>,
    written: bool,
    /// Entries of attempts, which are written with those of the change that they are part of.
    told: Vec<Stamped>,
    /// Whoever should see at once what is written.
    callers: BTreeSet<UserId>,
}

impl<'a> Tx<'a> {
    fn new(conn: &'a mut AnyConnection, clock: &'a Clock, now: Timestamp) -> Self {
        Self {
            conn,
            clock,
            now,
            via: None,
            written: false,
            told: Vec::new(),
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

    /// Says whose change it is: from its end on, he sees it everywhere.
    pub fn is_of(&mut self, caller: Option<UserId>) {
        self.callers.extend(caller);
    }

    /// The connection, for reading.
    pub fn read(&mut self) -> &mut AnyConnection {
        self.conn
    }

    /// The connection, for writing. Only `store` asks for it: a test watches over that.
    pub fn write(&mut self) -> &mut AnyConnection {
        self.written = true;
        self.conn
    }

    /// Writes entries before the end of the change, after those of its attempts: for one that has
    /// too many to be kept.
    ///
    /// # Errors
    /// Of the database.
    pub fn flush(&mut self, entries: Vec<Stamped>) -> Result<()> {
        let mut all = std::mem::take(&mut self.told);
        all.extend(entries);
        write_entries(self, all)
    }

    /// Writes entries of other systems before the end of the change, but for those whose
    /// `external_id` the log has by now; says which were written.
    ///
    /// On PostgreSQL another replica may be writing the same one at this moment: how that ends is
    /// waited for. So that nobody waits in a circle, all give their entries in the order of the
    /// external ids.
    ///
    /// # Errors
    /// Of the database.
    pub fn ingest(&mut self, entries: &[&Stamped]) -> Result<BTreeSet<EntryId>> {
        let rows: Vec<&EntryRow> = entries.iter().map(|entry| &entry.0).collect();
        let written = entry_insert::insert_new(self.conn, &rows)?;
        self.written |= !written.is_empty();
        Ok(written)
    }

    /// Makes one of several changes of one transaction, each with entries and a time of its own:
    /// for whoever tells of the past, as the demo data does.
    ///
    /// # Errors
    /// Whatever `work` answers.
    pub fn at<T>(
        &mut self,
        time: Timestamp,
        work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<T>>,
    ) -> Result<T> {
        let mut tx = Tx { via: self.via, ..Tx::new(self.conn, self.clock, time) };
        let recorded = work(&mut tx)?;
        let output = recorded.settle(&mut tx)?;
        let callers = tx.callers;
        self.callers.extend(callers);
        Ok(output)
    }

    /// Makes one of several changes of one transaction, so that it may fail alone: then what it did
    /// is taken back, and the others stay. Its entries are written with those of the whole.
    ///
    /// # Errors
    /// Whatever `work` answers.
    pub fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<T>>,
    ) -> Result<T> {
        self.conn.batch_execute("SAVEPOINT attempt")?;
        let mut tx = Tx { via: self.via, ..Tx::new(self.conn, self.clock, self.now) };
        let result = work(&mut tx).and_then(|recorded| recorded.told(&mut tx));
        let callers = tx.callers;
        let after = match result {
            Ok(_) => "RELEASE attempt",
            Err(_) => "ROLLBACK TO attempt; RELEASE attempt",
        };
        self.conn.batch_execute(after)?;
        let (output, entries) = result?;
        self.told.extend(entries);
        self.callers.extend(callers);
        Ok(output)
    }

    /// Says how everything from here on came about, unless an entry knows better.
    pub fn came_by(&mut self, source: Source) {
        self.via = Some(source);
    }

    /// Dates and signs an entry. It is written when the change declares it in its [`Recorded`].
    pub fn stamp(&self, draft: Draft, by: Option<&Actor>) -> Stamped {
        let source = draft.source.or(self.via).unwrap_or(match by {
            // Also what it does to itself: an integration has no hand of its own.
            Some(actor) if actor.kind == UserKind::Api => Source::Api,
            Some(actor) if actor.id == draft.user_id => Source::Own,
            Some(_) => Source::Admin,
            None => Source::System,
        });
        let entered_by = by.cloned();
        let text = draft.notes.as_ref().or(draft.description.as_ref());
        let is_note = draft.action.entry_type() == EntryType::Manual;
        Stamped(EntryRow {
            user_id: draft.user_id,
            occurred_at: draft.occurred_at.unwrap_or(self.now),
            id: self.new_id(),
            recorded_at: self.now,
            action: draft.action,
            source,
            created_by_id: draft.created_by.as_ref().map(|actor| actor.id),
            created_by_kind: draft.created_by.as_ref().map(|actor| actor.kind),
            created_by_name: draft.created_by.map(|actor| actor.name),
            entered_by_id: entered_by.as_ref().map(|actor| actor.id),
            entered_by_kind: entered_by.as_ref().map(|actor| actor.kind),
            entered_by_name: entered_by.map(|actor| actor.name),
            relates_to: draft.relates_to,
            search_key: text.map_or_else(String::new, |text| fold(text)),
            description: draft.description,
            target_type: draft.target.as_ref().map(|target| target.target_type),
            target_id: draft.target.as_ref().map(|target| target.id),
            target_name: draft.target.map(|target| target.name),
            changes: (!is_note).then(|| changes_json(&draft.changes)),
            external_id: draft.external_id,
            notes: draft.notes,
            revision: is_note.then_some(1),
            edited_at: None,
            edited_by_id: None,
            edited_by_name: None,
            edited_by_kind: None,
        })
    }
}

/// Field changes are made of strings and JSON values, so this can't fail.
fn changes_json(changes: &[FieldChange]) -> String {
    serde_json::to_string(changes).unwrap_or_else(|_| "[]".to_owned())
}

/// An entry, dated and signed. Only a [`Tx`] makes one.
#[derive(Debug)]
pub struct Stamped(EntryRow);

impl Stamped {
    /// What will be stored.
    pub fn row(&self) -> &EntryRow {
        &self.0
    }
}

/// One change as a job for the writer: everything `work` does, and the entries it declares.
pub(super) fn job<T, F>(
    terms: Terms,
    mut work: F,
) -> impl FnMut(&mut AnyConnection) -> Result<T> + Send + 'static
where
    F: FnMut(&mut Tx<'_>) -> Result<Recorded<T>> + Send + 'static,
{
    move |conn| {
        let mut tx = Tx::new(conn, &terms.clock, terms.clock.now());
        let recorded = work(&mut tx)?;
        let output = recorded.settle(&mut tx)?;
        end(tx, &terms)?;
        Ok(output)
    }
}

/// What comes last in a transaction that is kept.
fn end(tx: Tx<'_>, terms: &Terms) -> Result<()> {
    if terms.counts_writes && !tx.callers.is_empty() {
        read_replica::count_writes(tx.conn, &tx.callers)?;
    }
    Ok(())
}

/// Changes that are made together: each is judged, and the entries of all are written at once.
///
/// # Errors
/// Where they can't be made together: nothing is kept then.
pub(super) fn together<S: Together>(
    conn: &mut AnyConnection,
    terms: &Terms,
    set: &[&S],
) -> Result<Vec<Result<Option<S::Output>>>> {
    let mut tx = Tx::new(conn, &terms.clock, terms.clock.now());
    let verdicts = S::judge(set, &mut tx)?;
    if tx.written || verdicts.len() != set.len() {
        return Err(Error::internal("one of a set wrote by itself, or was not judged"));
    }
    let (mut outcomes, mut entries) = (Vec::with_capacity(set.len()), Vec::new());
    for verdict in verdicts {
        outcomes.push(match verdict {
            Ok(Some(recorded)) => {
                let (output, told) = recorded.told(&mut tx)?;
                entries.extend(told);
                Ok(Some(output))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        });
    }
    write_entries(&mut tx, entries)?;
    end(tx, terms)?;
    Ok(outcomes)
}

/// A job that says what `work` came to in `told`, and fails, so that nothing of it is kept.
pub(super) fn rehearsal<T, F>(
    clock: Clock,
    mut work: F,
    told: Arc<Mutex<Option<T>>>,
) -> impl FnMut(&mut AnyConnection) -> Result<()> + Send + 'static
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
{
    move |conn| {
        let now = clock.now();
        let output = work(&mut Tx::new(conn, &clock, now))?;
        *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
        Err(Error::internal("a rehearsal is not kept"))
    }
}

impl<T> Recorded<T> {
    /// Writes the entries, and gives the output.
    fn settle(self, tx: &mut Tx<'_>) -> Result<T> {
        let (output, entries) = self.told(tx)?;
        write_entries(tx, entries)?;
        Ok(output)
    }

    /// The output, and all that is told: the entries of attempts first.
    fn told(self, tx: &mut Tx<'_>) -> Result<(T, Vec<Stamped>)> {
        let mut told = std::mem::take(&mut tx.told);
        match self.log {
            Log::Entries(entries) if entries.is_empty() => {
                return Err(Error::internal("a change has no entry that tells of it"));
            }
            Log::Entries(entries) => told.extend(entries),
            Log::Unchanged if tx.written => {
                return Err(Error::internal("a change wrote, and says that nothing changed"));
            }
            Log::Ingested if !tx.written => {
                return Err(Error::internal("entries were ingested, and none was written"));
            }
            Log::Unchanged | Log::Ingested | Log::Revision | Log::OfNoUser => {}
        }
        Ok((self.output, told))
    }
}

fn write_entries(tx: &mut Tx<'_>, entries: Vec<Stamped>) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows: Vec<&EntryRow> = entries.iter().map(|entry| &entry.0).collect();
    // Whoever logs in is no caller yet, but the one who entered it.
    tx.callers.extend(rows.iter().filter_map(|row| row.entered_by_id));
    Ok(entry_insert::insert(tx.write(), &rows)?)
}
