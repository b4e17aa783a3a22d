//! The row of an entry: what the journal writes, and what the log is read from.

use diesel::{Insertable, Queryable};

use super::columns::with_columns;
use crate::{
    db::schema::entries,
    domain::{
        entry::{Action, Actor, Source, TargetType},
        ids::{AnyId, EntryId, UserId},
        timestamp::Timestamp,
        user::UserKind,
    },
};

macro_rules! row {
    (shown { $($name:ident: $type:ty,)* } hidden { $($hidden:ident: $hidden_type:ty,)* }) => {
        /// One entry, as it is stored.
        #[derive(Clone, Debug, Insertable, Queryable)]
        #[diesel(table_name = entries, treat_none_as_default_value = false)]
        #[allow(missing_docs, reason = "the document describes what each means")]
        pub struct EntryRow {
            $(pub $name: $type,)*
            $(pub $hidden: $hidden_type,)*
        }
    };
}
with_columns!(row);

impl EntryRow {
    /// The user whom the log names as the author.
    pub fn created_by(&self) -> Option<Actor> {
        let name = self.created_by_name.clone()?;
        Some(Actor { id: self.created_by_id?, name, kind: self.created_by_kind? })
    }
}
