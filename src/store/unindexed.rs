//! Columns that the planner of a query does not see an index of.

use diesel::sql_types::{SingleValue, SqlType};

diesel::define_sql_function! {
    /// The first that is not null. Of twice the same column, it is that column, which no planner
    /// looks for an index of.
    fn coalesce<T: SqlType + SingleValue>(first: T, second: T) -> T;
}

/// A column, as a planner does not see it.
macro_rules! unindexed {
    ($column:expr) => {
        coalesce($column, $column)
    };
}
pub(crate) use unindexed;
