//! Reads entries past diesel, in place, for the page of a log that nearly every request asks for.
//! diesel copies each of a page's thousand values, which took half of the time of such a request:
//! D-08.

use diesel::{
    PgConnection,
    connection::LoadConnection,
    expression::QueryMetadata,
    pg::Pg,
    query_builder::{Query, QueryFragment, QueryId},
    row::Row,
};
use rusqlite::Params;

use super::{
    columns::Column,
    raw_row::{PgFields, RawRow, required},
    view::{ActorView, EntryView, TargetView},
};
use crate::{
    db::{connection::AnyConnection, reader::Reader},
    domain::entry::Action,
    error::{Error, Result},
};

/// Called with each entry and the number that was selected after its columns. Returns false to end
/// the reading.
pub type RowVisitor<'a> = dyn FnMut(&EntryView<'_>, Option<i64>) -> Result<bool> + 'a;

/// Reads entries, on each database by a statement of its own.
///
/// `sql` selects `select_list` and a number that is the same for all rows. `query` selects all
/// columns of the table, and may select a number after them.
///
/// # Errors
/// Those of `visit`.
pub fn read_raw<Q>(
    reader: &mut Reader<'_>,
    sql: &str,
    params: impl Params,
    query: Q,
    visit: &mut RowVisitor<'_>,
) -> Result<()>
where
    Q: Query + QueryFragment<Pg> + QueryId,
    Pg: QueryMetadata<Q::SqlType>,
{
    if let Some(conn) = reader.raw() {
        return read_sqlite(conn, sql, params, visit);
    }
    match &mut **reader {
        AnyConnection::Postgres(conn) => read_postgres(conn, query, visit),
        AnyConnection::Sqlite(_) => Err(Error::internal("SQLite without its raw connection")),
    }
}

fn read_sqlite(
    conn: &rusqlite::Connection,
    sql: &str,
    params: impl Params,
    visit: &mut RowVisitor<'_>,
) -> Result<()> {
    let mut statement = conn.prepare_cached(sql).map_err(Error::internal)?;
    let mut rows = statement.query(params).map_err(Error::internal)?;
    let mut number = None;
    while let Some(row) = rows.next().map_err(Error::internal)? {
        number = number.map_or_else(|| row.number_at(Column::SHOWN), |it| Ok(Some(it)))?;
        if !visit(&view(row)?, number)? {
            break;
        }
    }
    Ok(())
}

fn read_postgres<Q>(conn: &mut PgConnection, query: Q, visit: &mut RowVisitor<'_>) -> Result<()>
where
    Q: Query + QueryFragment<Pg> + QueryId,
    Pg: QueryMetadata<Q::SqlType>,
{
    const COLUMNS: usize = Column::ALL.len();
    for row in <PgConnection as LoadConnection>::load(conn, query)? {
        let row = row?;
        let fields: [_; COLUMNS + 1] = std::array::from_fn(|index| row.get(index));
        let fields = PgFields(&fields);
        if !visit(&view(&fields)?, fields.number_at(COLUMNS)?)? {
            break;
        }
    }
    Ok(())
}

/// An entry. A third of the time of a page goes into reading columns, so this skips those that a
/// system entry, or a note, is not shown with.
fn view(row: &impl RawRow) -> Result<EntryView<'_>> {
    use Column as C;

    let common = EntryView {
        user_id: required(C::user_id, row.id(C::user_id))?,
        occurred_at: required(C::occurred_at, row.time(C::occurred_at))?,
        id: required(C::id, row.id(C::id))?,
        recorded_at: required(C::recorded_at, row.time(C::recorded_at))?,
        action: required(C::action, row.text(C::action))?,
        source: required(C::source, row.text(C::source))?,
        created_by: None,
        entered_by: actor(row, C::entered_by_id, C::entered_by_name, C::entered_by_kind)?,
        relates_to: row.id(C::relates_to)?,
        description: None,
        target: None,
        changes: None,
        external_id: None,
        notes: None,
        revision: None,
        edited_at: None,
        edited_by: None,
    };
    if common.action == Action::Note.as_str() {
        return Ok(EntryView {
            created_by: actor(row, C::created_by_id, C::created_by_name, C::created_by_kind)?,
            notes: row.text(C::notes)?,
            revision: row.number(C::revision)?,
            edited_at: row.time(C::edited_at)?,
            edited_by: actor(row, C::edited_by_id, C::edited_by_name, C::edited_by_kind)?,
            ..common
        });
    }
    let target = match row.text(C::target_type)? {
        Some(target_type) => Some(TargetView {
            target_type,
            id: required(C::target_id, row.id(C::target_id))?,
            name: required(C::target_name, row.text(C::target_name))?,
        }),
        None => None,
    };
    Ok(EntryView {
        description: row.text(C::description)?,
        target,
        changes: row.text(C::changes)?,
        external_id: row.text(C::external_id)?,
        ..common
    })
}

/// The user of three columns, which are null together.
fn actor(
    row: &impl RawRow,
    id_column: Column,
    name_column: Column,
    kind_column: Column,
) -> Result<Option<ActorView<'_>>> {
    let Some(id) = row.id(id_column)? else { return Ok(None) };
    Ok(Some(ActorView {
        id,
        name: required(name_column, row.text(name_column))?,
        kind: required(kind_column, row.text(kind_column))?,
    }))
}
