//! The row of an entry: what the journal writes, and what the log is read from.

use diesel::{Insertable, Queryable};

use super::schema::entries;
use crate::domain::{
    entry::{Action, Actor, Source, Target, TargetType},
    ids::{AnyId, EntryId, UserId},
    timestamp::Timestamp,
    user::UserKind,
};

/// One entry, as it is stored.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = entries, treat_none_as_default_value = false)]
#[allow(missing_docs, reason = "the columns; the contract's section 5 says what each means")]
pub struct EntryRow {
    pub user_id: UserId,
    pub occurred_at: Timestamp,
    pub id: EntryId,
    pub recorded_at: Timestamp,
    pub action: Action,
    pub source: Source,
    pub created_by_id: Option<UserId>,
    pub created_by_name: Option<String>,
    pub created_by_kind: Option<UserKind>,
    pub entered_by_id: Option<UserId>,
    pub entered_by_name: Option<String>,
    pub entered_by_kind: Option<UserKind>,
    pub relates_to: Option<EntryId>,
    pub description: Option<String>,
    pub target_type: Option<TargetType>,
    pub target_id: Option<AnyId>,
    pub target_name: Option<String>,
    pub changes: Option<String>,
    pub external_id: Option<String>,
    pub notes: Option<String>,
    pub revision: Option<i64>,
    pub edited_at: Option<Timestamp>,
    pub edited_by_id: Option<UserId>,
    pub edited_by_name: Option<String>,
    pub edited_by_kind: Option<UserKind>,
    pub search_key: String,
}

impl EntryRow {
    /// Whom the log names as the author.
    pub fn created_by(&self) -> Option<Actor> {
        actor(self.created_by_id, self.created_by_name.as_ref(), self.created_by_kind)
    }

    /// Who really caused the entry.
    pub fn entered_by(&self) -> Option<Actor> {
        actor(self.entered_by_id, self.entered_by_name.as_ref(), self.entered_by_kind)
    }

    /// Who edited the note last.
    pub fn edited_by(&self) -> Option<Actor> {
        actor(self.edited_by_id, self.edited_by_name.as_ref(), self.edited_by_kind)
    }

    /// What the action was done to.
    pub fn target(&self) -> Option<Target> {
        let (target_type, id) = (self.target_type?, self.target_id?);
        Some(Target { target_type, id, name: self.target_name.clone()? })
    }
}

fn actor(id: Option<UserId>, name: Option<&String>, kind: Option<UserKind>) -> Option<Actor> {
    Some(Actor { id: id?, name: name?.clone(), kind: kind? })
}
