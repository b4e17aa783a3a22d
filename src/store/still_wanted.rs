//! A condition that ends a long statement of SQLite once nobody waits for it. PostgreSQL can be told
//! to end one.

use diesel::{
    AppearsOnTable, Expression, QueryResult, SelectableExpression,
    expression::{ValidGrouping, is_aggregate},
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::Bool,
};

use crate::db::{connection::MultiBackend, watch::STILL_WANTED};

/// The condition: always true, or an error.
#[derive(Clone, Copy, Debug)]
pub struct StillWanted;

impl Expression for StillWanted {
    type SqlType = Bool;
}

impl<T> SelectableExpression<T> for StillWanted {}

impl<T> AppearsOnTable<T> for StillWanted {}

impl<T> ValidGrouping<T> for StillWanted {
    type IsAggregate = is_aggregate::Never;
}

impl QueryId for StillWanted {
    type QueryId = ();
    // Its text depends on the database.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<MultiBackend> for StillWanted {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        match out.backend() {
            MultiBackend::Sqlite(_) => {
                out.push_sql(STILL_WANTED);
                out.push_sql("()");
            }
            MultiBackend::Postgres(_) => out.push_sql("TRUE"),
        }
        Ok(())
    }
}
