//! The system entries of other systems.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Change, entry};
use crate::{
    domain::{
        batch::BatchOutcome,
        entry::{Action, EntryType, FieldChange, Source, Target},
        ids::{EntryId, UserId},
        policy::{Act, Caller},
        timestamp::Timestamp,
    },
    error::{Error, InputError, Result},
    journal::{
        draft::Draft, entry::row::EntryRow, new_entry::NewEntry, recorded::Recorded, tx::Tx,
    },
    store::{self, user_keys::UserKey},
};

/// Adds entries of other systems to the logs of users. Each has an id from its system, and is
/// stored at most once. An invalid one fails alone.
pub struct Ingest {
    /// The items to add, or the errors of those that cannot be.
    pub items: Vec<Result<Item>>,
}

/// An entry of another system.
#[allow(missing_docs, reason = "the fields of the entry")]
#[derive(Clone, Debug)]
pub struct Item {
    /// The user whose log it is for.
    pub user: UserKey,
    /// The pointer to the user in the item.
    pub user_pointer: &'static str,
    pub action: Action,
    pub occurred_at: Timestamp,
    pub external_id: String,
    pub description: String,
    pub target: Option<Target>,
    pub changes: Vec<FieldChange>,
}

/// The outcome of an item.
#[derive(Clone, Copy, Debug)]
pub struct Ingested {
    /// The entry with its `external_id`.
    pub entry: EntryId,
    /// What the request did.
    pub outcome: BatchOutcome,
}

impl Change for Ingest {
    /// The outcome of each item, in their order.
    type Output = Vec<Result<Ingested>>;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::Ingest)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        let keys = self.items.iter().flatten().map(|item| &item.user);
        let users = store::user_keys::find(tx.read(), keys)?;
        let entries = self.items.iter().map(|item| {
            let draft = item.as_ref().map_err(Error::clone)?.draft(tx.now(), &users)?;
            Ok(entry(tx, caller, draft))
        });
        let entries: Vec<Result<NewEntry>> = entries.collect();
        let stored = Stored::write(tx, entries.iter().flatten())?;
        let mut outcomes = Vec::with_capacity(entries.len());
        for one in &entries {
            outcomes.push(match one {
                Ok(one) => Ok(stored.outcome(one.row())?),
                Err(error) => Err(error.clone()),
            });
        }
        let written = stored.written;
        Ok(if written { Recorded::ingested(outcomes) } else { Recorded::unchanged(outcomes) })
    }
}

/// The entries in the log after the request, by external id.
struct Stored<'a> {
    /// Those that this request wrote.
    made: BTreeMap<&'a str, &'a EntryRow>,
    /// Those that were there before, or that somebody else wrote meanwhile.
    before: BTreeMap<String, EntryRow>,
    /// Whether this request wrote any.
    written: bool,
}

impl<'a> Stored<'a> {
    /// Writes the entries whose external ids are new: of several with one id, the first.
    fn write(tx: &mut Tx<'_>, entries: impl Iterator<Item = &'a NewEntry>) -> Result<Self> {
        // The map has the order of external ids, in which all transactions write.
        let mut new: BTreeMap<&str, &NewEntry> = BTreeMap::new();
        for one in entries {
            new.entry(external_id(one.row())).or_insert(one);
        }
        let written = tx.ingest(&new.values().copied().collect::<Vec<_>>())?;
        let rows = new.into_iter().map(|(id, one)| (id, one.row()));
        let (made, lost): (BTreeMap<_, _>, BTreeMap<_, _>) =
            rows.partition(|(_, row)| written.contains(&row.id));
        // Those that somebody else wrote meanwhile are committed, so they can be read.
        let lost: Vec<&str> = lost.into_keys().collect();
        let before = store::log::entries::by_external_ids(tx.read(), &lost)?;
        Ok(Self { made, before, written: !written.is_empty() })
    }

    fn outcome(&self, row: &EntryRow) -> Result<Ingested> {
        let id = external_id(row);
        let found = self.before.get(id).or_else(|| self.made.get(id).copied());
        let found =
            found.ok_or_else(|| Error::internal("an entry is neither written nor there"))?;
        let outcome = match found {
            found if found.id == row.id => BatchOutcome::Created,
            found if has_same_content(found, row) => BatchOutcome::Duplicate,
            _ => BatchOutcome::Conflict,
        };
        Ok(Ingested { entry: found.id, outcome })
    }
}

fn external_id(row: &EntryRow) -> &str {
    row.external_id.as_deref().unwrap_or_default()
}

/// Whether two entries have the same content. Sender and time of the request do not count.
fn has_same_content(one: &EntryRow, other: &EntryRow) -> bool {
    let values = |row: &EntryRow| -> Option<Value> {
        serde_json::from_str(row.changes.as_deref().unwrap_or("[]")).ok()
    };
    one.user_id == other.user_id
        && one.action == other.action
        && one.occurred_at == other.occurred_at
        && one.description == other.description
        && one.target_type == other.target_type
        && one.target_id == other.target_id
        && one.target_name == other.target_name
        && (one.changes == other.changes || values(one) == values(other))
}

impl Item {
    /// The draft of the entry.
    ///
    /// # Errors
    /// `validation_failed`, with everything that is wrong with the item.
    fn draft(&self, now: Timestamp, users: &BTreeMap<UserKey, UserId>) -> Result<Draft> {
        let mut errors = Vec::new();
        let mut wrong = |at, code, text| errors.push(InputError::body(at, code, text));
        let user = users.get(&self.user);
        if user.is_none() {
            wrong(self.user_pointer, "unknown", "There is no such user.");
        }
        if self.action.entry_type() == EntryType::Manual {
            wrong("/action", "not_allowed", "Notes are not of a system: add them one by one.");
        }
        if self.action.is_reserved() {
            let text = "Only the service itself writes entries with this action.";
            wrong("/action", "not_allowed", text);
        }
        if self.occurred_at > now {
            let text = "An entry tells of what has happened: occurred_at can't be in the future.";
            wrong("/occurred_at", "in_future", text);
        }
        let Some(user) = user.filter(|_| errors.is_empty()) else {
            return Err(Error::invalid(errors));
        };
        let draft = Draft::system(*user, self.action, self.description.clone())
            .source(Source::Api)
            .occurred_at(self.occurred_at)
            .external_id(self.external_id.clone())
            .changes(self.changes.clone());
        Ok(match &self.target {
            Some(target) => draft.target(target.clone()),
            None => draft,
        })
    }
}
