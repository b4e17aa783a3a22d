//! The earlier wordings of notes. Written once, never changed.

use std::collections::HashMap;

use diesel::prelude::*;

use super::entries;
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::entry_revisions as revisions,
    },
    domain::{
        entry::Actor,
        ids::{EntryId, UserId},
        timestamp::Timestamp,
        user::UserKind,
    },
    error::Result,
    journal::tx::Tx,
    store::page::{ListQuery, PageRequest},
};

/// One earlier wording, as it is stored.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = revisions)]
#[allow(missing_docs, reason = "the columns")]
pub struct RevisionRow {
    pub entry_id: EntryId,
    pub revision: i64,
    pub user_id: UserId,
    pub notes: String,
    pub occurred_at: Timestamp,
    pub created_by_id: UserId,
    pub created_by_name: String,
    pub created_by_kind: UserKind,
    pub replaced_at: Timestamp,
    pub replaced_by_id: UserId,
    pub replaced_by_name: String,
    pub replaced_by_kind: UserKind,
    pub relates_to: Option<EntryId>,
    pub log_move: Option<i64>,
}

impl RevisionRow {
    /// The user whom this wording named as the author.
    pub fn created_by(&self) -> Actor {
        let name = self.created_by_name.clone();
        Actor { id: self.created_by_id, name, kind: self.created_by_kind }
    }

    /// The user who replaced it.
    pub fn replaced_by(&self) -> Actor {
        let name = self.replaced_by_name.clone();
        Actor { id: self.replaced_by_id, name, kind: self.replaced_by_kind }
    }
}

/// Keeps an earlier wording.
pub fn insert(tx: &mut Tx<'_>, row: &RevisionRow) -> Result<()> {
    diesel::insert_into(revisions::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// The earlier wordings of a note, the oldest first.
#[derive(Clone, Copy, Debug)]
pub struct RevisionQuery {
    /// Whose log the note is in.
    pub user: UserId,
    /// The note.
    pub entry: EntryId,
}

impl ListQuery for RevisionQuery {
    type Scope = ();
    type Row = RevisionRow;
    type Position = i64;

    fn rows(
        &self,
        conn: &mut AnyConnection,
        (): &(),
        request: &PageRequest<Self::Position>,
    ) -> Result<Vec<Self::Row>> {
        // `not_found` if the entry is in another user's log.
        entries::get(conn, self.user, self.entry)?;
        let of_entry = revisions::table.filter(revisions::entry_id.eq(self.entry));
        let mut query = of_entry.into_boxed::<MultiBackend>();
        if let Some(revision) = request.after {
            query = query.filter(revisions::revision.gt(revision));
        }
        Ok(query.order(revisions::revision).limit(request.fetch_limit()).load(conn)?)
    }

    fn count(&self, conn: &mut AnyConnection, (): &()) -> Result<i64> {
        let of_entry = revisions::table.filter(revisions::entry_id.eq(self.entry));
        Ok(of_entry.count().get_result(conn)?)
    }

    fn position(&self, row: &Self::Row) -> Self::Position {
        row.revision
    }
}

/// The notes of a user's log that an edit moved in time after move number `since`, each with the time
/// that it had then.
pub fn moved_since(
    conn: &mut AnyConnection,
    user: UserId,
    since: i64,
) -> Result<HashMap<EntryId, Timestamp>> {
    let moves: Vec<(EntryId, Timestamp)> = revisions::table
        .filter(revisions::user_id.eq(user).and(revisions::log_move.gt(since)))
        .order(revisions::log_move)
        .select((revisions::entry_id, revisions::occurred_at))
        .load(conn)?;
    // The first move after `since` started at the time that the note had then.
    let mut first = HashMap::new();
    for (entry, time) in moves {
        first.entry(entry).or_insert(time);
    }
    Ok(first)
}
