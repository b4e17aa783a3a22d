//! The content of a whole database, as text, past the service.

use daybook::db::connection::{AnyConnection, open_writer};
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};

use super::database::TestDatabase;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// The rows of a query that names its one column `line`.
pub fn lines(database: &TestDatabase, sql: &str) -> Vec<String> {
    let mut conn = open_writer(&database.url).unwrap();
    let lines: Vec<Line> = match &mut conn {
        AnyConnection::Sqlite(conn) => sql_query(sql).load(conn),
        AnyConnection::Postgres(conn) => sql_query(sql).load(conn),
    }
    .unwrap();
    lines.into_iter().map(|it| it.line).collect()
}

/// Every row of every table, each with the name of its table.
pub fn dump(database: &TestDatabase) -> Vec<String> {
    let sqlite = database.url.is_sqlite();
    let tables = lines(
        database,
        if sqlite {
            "SELECT name AS line FROM sqlite_schema WHERE type = 'table' ORDER BY name"
        } else {
            "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        },
    );
    assert!(tables.iter().any(|table| table == "entries"));
    let rows_of = |table: String| {
        let row = if sqlite {
            let columns = lines(
                database,
                &format!(
                    "SELECT 'quote(' || name || ')' AS line FROM pragma_table_info('{table}')"
                ),
            );
            columns.join(" || ' ' || ")
        } else {
            "t::text".to_owned()
        };
        let sql = format!("SELECT {row} AS line FROM {table} t ORDER BY 1");
        lines(database, &sql).into_iter().map(move |row| format!("{table}: {row}"))
    };
    tables.into_iter().flat_map(rows_of).collect()
}
