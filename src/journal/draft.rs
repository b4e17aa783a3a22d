//! The content of an entry, before the journal completes it.

use crate::domain::{
    entry::{Action, Actor, FieldChange, Source, Target},
    ids::{EntryId, UserId},
    timestamp::Timestamp,
};

/// The content of an entry, before it has an id, a time of writing and the user who entered it.
#[derive(Debug)]
pub struct Draft {
    pub(super) user_id: UserId,
    pub(super) action: Action,
    pub(super) occurred_at: Option<Timestamp>,
    pub(super) source: Option<Source>,
    pub(super) created_by: Option<Actor>,
    pub(super) relates_to: Option<EntryId>,
    pub(super) description: Option<String>,
    pub(super) target: Option<Target>,
    pub(super) changes: Vec<FieldChange>,
    pub(super) external_id: Option<String>,
    pub(super) notes: Option<String>,
}

/// The entry that another follows from by rule.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// Its id.
    pub id: EntryId,
    /// When it happened.
    pub occurred_at: Timestamp,
}

impl Draft {
    /// A system entry on a user's log, described in one English sentence.
    pub fn system(user_id: UserId, action: Action, description: String) -> Self {
        Self { description: Some(description), ..Self::blank(user_id, action) }
    }

    /// A note on a user's log, by the author that it names.
    pub fn note(user_id: UserId, notes: String, created_by: Actor) -> Self {
        let blank = Self::blank(user_id, Action::Note);
        Self { notes: Some(notes), created_by: Some(created_by), ..blank }
    }

    fn blank(user_id: UserId, action: Action) -> Self {
        Self {
            user_id,
            action,
            occurred_at: None,
            source: None,
            created_by: None,
            relates_to: None,
            description: None,
            target: None,
            changes: Vec::new(),
            external_id: None,
            notes: None,
        }
    }

    /// What the action was done to.
    pub fn target(self, target: Target) -> Self {
        Self { target: Some(target), ..self }
    }

    /// The values that changed.
    pub fn changes(self, changes: impl IntoIterator<Item = FieldChange>) -> Self {
        Self { changes: changes.into_iter().collect(), ..self }
    }

    /// The id that another system gave it.
    pub fn external_id(self, id: String) -> Self {
        Self { external_id: Some(id), ..self }
    }

    /// How it came about, where that does not follow from the caller.
    pub fn source(self, source: Source) -> Self {
        Self { source: Some(source), ..self }
    }

    /// It follows by rule from another entry, and happened when that did. `None` where the cause has
    /// no entry.
    pub fn caused_by(self, cause: Option<Cause>) -> Self {
        let draft = self.source(Source::Rule);
        match cause {
            Some(cause) => draft.occurred_at(cause.occurred_at).relates_to(Some(cause.id)),
            None => draft,
        }
    }

    /// When it happened, if not now.
    pub fn occurred_at(self, time: Timestamp) -> Self {
        Self { occurred_at: Some(time), ..self }
    }

    /// The entry that this one explains, or follows from.
    pub fn relates_to(self, entry: Option<EntryId>) -> Self {
        Self { relates_to: entry, ..self }
    }
}
