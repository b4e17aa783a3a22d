//! How entries get into their table: the quickest way that each database has for many rows, with a
//! statement that stays prepared however many there are.
//!
//! SQLite takes them row by row. PostgreSQL takes them as columns, each an array, so that the
//! statement has as many parameters as the table has columns.

use std::collections::BTreeSet;

use diesel::{
    PgConnection, SqliteConnection,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Nullable, Text},
};

use super::row::EntryRow;
use crate::{
    db::{
        connection::AnyConnection,
        schema::entries,
        types::{SqlId, SqlTime},
    },
    domain::{
        ids::{AnyId, EntryId, UserId},
        timestamp::Timestamp,
    },
};

/// Rows in one statement: their arrays are a few megabytes at most.
const ROWS: usize = 1000;

/// Inserts entries.
pub(crate) fn insert(conn: &mut AnyConnection, rows: &[&EntryRow]) -> QueryResult<()> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            for row in rows {
                diesel::insert_into(entries::table).values(*row).execute(conn)?;
            }
        }
        AnyConnection::Postgres(conn) => {
            for rows in rows.chunks(ROWS) {
                match rows {
                    // Most changes have one entry.
                    [row] => diesel::insert_into(entries::table).values(*row).execute(conn)?,
                    rows => Columns::of(rows).execute(conn)?,
                };
            }
        }
    }
    Ok(())
}

/// Inserts the entries whose `external_id` is new, and says which they were.
///
/// On PostgreSQL another replica may be writing the same one at this moment: how that ends is
/// waited for. SQLite has one writer, who sees what is there before he writes; and a trigger that
/// refuses any other way.
pub(crate) fn insert_new(
    conn: &mut AnyConnection,
    rows: &[&EntryRow],
) -> QueryResult<BTreeSet<EntryId>> {
    let mut written = BTreeSet::new();
    match conn {
        AnyConnection::Sqlite(conn) => {
            let there = there(conn, rows)?;
            let is_new =
                |row: &&&EntryRow| row.external_id.as_deref().is_none_or(|id| !there.contains(id));
            for row in rows.iter().filter(is_new) {
                diesel::insert_into(entries::table).values(*row).execute(conn)?;
                written.insert(row.id);
            }
        }
        AnyConnection::Postgres(conn) => {
            for rows in rows.chunks(ROWS) {
                written.extend(New(Columns::of(rows)).get_results::<EntryId>(conn)?);
            }
        }
    }
    Ok(written)
}

/// Ids that are looked for in one statement.
const IDS: usize = 500;

/// Which of the rows' external ids are there already.
fn there(conn: &mut SqliteConnection, rows: &[&EntryRow]) -> QueryResult<BTreeSet<String>> {
    let mut there = BTreeSet::new();
    let ids: Vec<&str> = rows.iter().filter_map(|row| row.external_id.as_deref()).collect();
    for ids in ids.chunks(IDS) {
        // Said of every row of it, the condition is what lets the partial index be used.
        let known = entries::table
            .filter(entries::external_id.is_not_null().and(entries::external_id.eq_any(ids)))
            .select(entries::external_id.assume_not_null());
        there.extend(known.load::<String>(conn)?);
    }
    Ok(there)
}

macro_rules! columns {
    ($($column:ident: $sql:ty, $rust:ty, |$row:ident| $value:expr;)*) => {
        /// The statement, with its rows turned into columns.
        struct Columns<'a> { $($column: Vec<$rust>,)* }

        impl<'a> Columns<'a> {
            fn of(rows: &[&'a EntryRow]) -> Self {
                Self { $($column: rows.iter().map(|$row| $value).collect(),)* }
            }

            const NAMES: &'static [&'static str] = &[$(stringify!($column)),*];
        }

        impl QueryFragment<Pg> for Columns<'_> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                out.push_sql("INSERT INTO entries (");
                out.push_sql(&Self::NAMES.join(", "));
                out.push_sql(") SELECT * FROM unnest(");
                let mut separator = "";
                $(
                    out.push_sql(separator);
                    separator = ", ";
                    out.push_bind_param::<Array<$sql>, _>(&self.$column)?;
                )*
                let _ = separator;
                out.push_sql(")");
                Ok(())
            }
        }
    };
}

columns! {
    user_id: SqlId, UserId, |row| row.user_id;
    occurred_at: SqlTime, Timestamp, |row| row.occurred_at;
    id: SqlId, EntryId, |row| row.id;
    recorded_at: SqlTime, Timestamp, |row| row.recorded_at;
    action: Text, &'static str, |row| row.action.as_str();
    source: Text, &'static str, |row| row.source.as_str();
    created_by_id: Nullable<SqlId>, Option<UserId>, |row| row.created_by_id;
    created_by_name: Nullable<Text>, Option<&'a str>, |row| row.created_by_name.as_deref();
    created_by_kind: Nullable<Text>, Option<&'static str>, |row| row.created_by_kind.map(|it| it.as_str());
    entered_by_id: Nullable<SqlId>, Option<UserId>, |row| row.entered_by_id;
    entered_by_name: Nullable<Text>, Option<&'a str>, |row| row.entered_by_name.as_deref();
    entered_by_kind: Nullable<Text>, Option<&'static str>, |row| row.entered_by_kind.map(|it| it.as_str());
    relates_to: Nullable<SqlId>, Option<EntryId>, |row| row.relates_to;
    description: Nullable<Text>, Option<&'a str>, |row| row.description.as_deref();
    target_type: Nullable<Text>, Option<&'static str>, |row| row.target_type.map(|it| it.as_str());
    target_id: Nullable<SqlId>, Option<AnyId>, |row| row.target_id;
    target_name: Nullable<Text>, Option<&'a str>, |row| row.target_name.as_deref();
    changes: Nullable<Text>, Option<&'a str>, |row| row.changes.as_deref();
    external_id: Nullable<Text>, Option<&'a str>, |row| row.external_id.as_deref();
    notes: Nullable<Text>, Option<&'a str>, |row| row.notes.as_deref();
    revision: Nullable<BigInt>, Option<i64>, |row| row.revision;
    edited_at: Nullable<SqlTime>, Option<Timestamp>, |row| row.edited_at;
    edited_by_id: Nullable<SqlId>, Option<UserId>, |row| row.edited_by_id;
    edited_by_name: Nullable<Text>, Option<&'a str>, |row| row.edited_by_name.as_deref();
    edited_by_kind: Nullable<Text>, Option<&'static str>, |row| row.edited_by_kind.map(|it| it.as_str());
    search_key: Text, &'a str, |row| row.search_key.as_str();
}

/// Its text is always the same, so it is prepared once for each connection.
impl QueryId for Columns<'_> {
    type QueryId = Columns<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for Columns<'_> {}

/// The statement that leaves out what is there already, and answers the ids of the others.
struct New<'a>(Columns<'a>);

impl QueryFragment<Pg> for New<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" ON CONFLICT DO NOTHING RETURNING id");
        Ok(())
    }
}

impl QueryId for New<'_> {
    type QueryId = New<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for New<'_> {
    type SqlType = SqlId;
}

impl RunQueryDsl<PgConnection> for New<'_> {}
