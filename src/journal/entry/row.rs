//! The row of an entry: what the journal writes, and what the log is read from.

use diesel::{Insertable, Queryable};

use crate::{
    db::schema::entries,
    domain::{
        entry::{Action, Actor, Source, TargetType},
        ids::{AnyId, EntryId, UserId},
        timestamp::Timestamp,
        user::UserKind,
    },
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
        let name = self.created_by_name.clone()?;
        Some(Actor { id: self.created_by_id?, name, kind: self.created_by_kind? })
    }
}
