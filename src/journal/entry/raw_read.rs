//! Entries read where they lie: the thin way beside diesel's, for the page of a log that nearly
//! every request asks for. diesel copies each of a page's thousand values, and half of the time of
//! such a request went into that.

use diesel::{
    PgConnection,
    connection::LoadConnection,
    expression::QueryMetadata,
    pg::Pg,
    query_builder::{Query, QueryFragment, QueryId},
    row::{Field, Row},
};
use rusqlite::{Params, types::ValueRef};

use super::view::{ActorView, EntryView, TargetView};
use crate::{
    db::types::{time_from_micros, time_from_postgres},
    domain::{entry::Action, ids::Id, timestamp::Timestamp},
    error::{Error, Result},
};

/// What to do with each entry that is read; false when that was enough.
pub type Each<'a> = dyn FnMut(&EntryView<'_>, Option<i64>) -> Result<bool> + 'a;

/// The columns of an entry that are shown, in the order in which they are read here: those of the
/// table but for the last, which nobody is shown. After them comes a number that belongs to the log.
macro_rules! columns {
    () => {
        "user_id, occurred_at, id, recorded_at, action, source, \
         created_by_id, created_by_name, created_by_kind, \
         entered_by_id, entered_by_name, entered_by_kind, relates_to, description, \
         target_type, target_id, target_name, changes, external_id, notes, revision, edited_at, \
         edited_by_id, edited_by_name, edited_by_kind"
    };
}
pub(crate) use columns;

/// How many columns these are.
const COLUMNS: usize = 25;

/// Reads entries from SQLite by a statement that selects `columns` and a number.
///
/// # Errors
/// Of the database; whatever `each` answers.
pub fn each_of_sqlite(
    conn: &rusqlite::Connection,
    sql: &str,
    params: impl Params,
    each: &mut Each<'_>,
) -> Result<()> {
    let mut statement = conn.prepare_cached(sql).map_err(Error::internal)?;
    let mut rows = statement.query(params).map_err(Error::internal)?;
    let mut number = None;
    while let Some(row) = rows.next().map_err(Error::internal)? {
        // It is the same for all.
        number = number.map_or_else(|| row.number(COLUMNS), |number| Ok(Some(number)))?;
        if !each(&view(row)?, number)? {
            break;
        }
    }
    Ok(())
}

/// Reads entries from PostgreSQL by a query whose first columns are those of the entries' table,
/// maybe with a number after them all.
///
/// # Errors
/// Of the database; whatever `each` answers.
pub fn each_of_postgres<Q>(conn: &mut PgConnection, query: Q, each: &mut Each<'_>) -> Result<()>
where
    Q: Query + QueryFragment<Pg> + QueryId,
    Pg: QueryMetadata<Q::SqlType>,
{
    for row in <PgConnection as LoadConnection>::load(conn, query)? {
        let row = row?;
        let fields: [_; COLUMNS + 2] = std::array::from_fn(|at| row.get(at));
        let fields = Fields(&fields);
        if !each(&view(&fields)?, fields.number(COLUMNS + 1)?)? {
            break;
        }
    }
    Ok(())
}

/// The columns of a row, where they lie.
trait Columns {
    fn bytes(&self, at: usize) -> Result<Option<&[u8]>>;
    fn number(&self, at: usize) -> Result<Option<i64>>;
    fn time(&self, at: usize) -> Result<Option<Timestamp>>;

    fn text(&self, at: usize) -> Result<Option<&str>> {
        let bytes = self.bytes(at)?;
        bytes.map(|bytes| std::str::from_utf8(bytes).map_err(Error::internal)).transpose()
    }

    fn id<K>(&self, at: usize) -> Result<Option<Id<K>>> {
        let id = self.bytes(at)?.map(|bytes| Id::from_slice(bytes).ok_or_else(|| wrong(at)));
        id.transpose()
    }
}

fn wrong(at: usize) -> Error {
    Error::internal(format!("column {at} of an entry is not what it has to be"))
}

impl Columns for rusqlite::Row<'_> {
    fn bytes(&self, at: usize) -> Result<Option<&[u8]>> {
        match self.get_ref(at).map_err(Error::internal)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(Some(bytes)),
            ValueRef::Integer(_) | ValueRef::Real(_) => Err(wrong(at)),
        }
    }

    fn number(&self, at: usize) -> Result<Option<i64>> {
        match self.get_ref(at).map_err(Error::internal)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(number) => Ok(Some(number)),
            _ => Err(wrong(at)),
        }
    }

    fn time(&self, at: usize) -> Result<Option<Timestamp>> {
        let micros = self.number(at)?;
        micros.map(|micros| time_from_micros(micros).map_err(Error::internal)).transpose()
    }
}

struct Fields<'a, F>(&'a [Option<F>]);

impl<'a, F: Field<'a, Pg>> Columns for Fields<'a, F> {
    fn bytes(&self, at: usize) -> Result<Option<&[u8]>> {
        // A query without the number after the entry has one column less.
        let field = self.0.get(at).and_then(Option::as_ref);
        Ok(field.and_then(|field| field.value()).map(|value| value.as_bytes()))
    }

    fn number(&self, at: usize) -> Result<Option<i64>> {
        let bytes = self.bytes(at)?;
        bytes
            .map(|bytes| bytes.try_into().map(i64::from_be_bytes).map_err(|_| wrong(at)))
            .transpose()
    }

    fn time(&self, at: usize) -> Result<Option<Timestamp>> {
        let micros = self.number(at)?;
        micros.map(|micros| time_from_postgres(micros).map_err(Error::internal)).transpose()
    }
}

/// An entry. A third of the time of a page is asking for columns, so those are left out that a system
/// entry, or a note, is not shown with.
fn view(row: &impl Columns) -> Result<EntryView<'_>> {
    let of_both = EntryView {
        user_id: row.id(0)?.ok_or_else(|| wrong(0))?,
        occurred_at: row.time(1)?.ok_or_else(|| wrong(1))?,
        id: row.id(2)?.ok_or_else(|| wrong(2))?,
        recorded_at: row.time(3)?.ok_or_else(|| wrong(3))?,
        action: row.text(4)?.ok_or_else(|| wrong(4))?,
        source: row.text(5)?.ok_or_else(|| wrong(5))?,
        created_by: None,
        entered_by: actor(row, 9)?,
        relates_to: row.id(12)?,
        description: None,
        target: None,
        changes: None,
        external_id: None,
        notes: None,
        revision: None,
        edited_at: None,
        edited_by: None,
    };
    if of_both.action == Action::Note.as_str() {
        return Ok(EntryView {
            created_by: actor(row, 6)?,
            notes: row.text(19)?,
            revision: row.number(20)?,
            edited_at: row.time(21)?,
            edited_by: actor(row, 22)?,
            ..of_both
        });
    }
    let target = match row.text(14)? {
        Some(target_type) => Some(TargetView {
            target_type,
            id: row.id(15)?.ok_or_else(|| wrong(15))?,
            name: row.text(16)?.ok_or_else(|| wrong(16))?,
        }),
        None => None,
    };
    let (description, changes, external_id) = (row.text(13)?, row.text(17)?, row.text(18)?);
    Ok(EntryView { description, target, changes, external_id, ..of_both })
}

/// Somebody of three columns, which are null together.
fn actor(row: &impl Columns, at: usize) -> Result<Option<ActorView<'_>>> {
    let Some(id) = row.id(at)? else { return Ok(None) };
    Ok(Some(ActorView {
        id,
        name: row.text(at + 1)?.ok_or_else(|| wrong(at + 1))?,
        kind: row.text(at + 2)?.ok_or_else(|| wrong(at + 2))?,
    }))
}
