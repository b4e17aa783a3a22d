//! Queries that run on the connection of one database, without diesel's layer over both.

/// Runs a query on the database's own connection. The layer over both composes the statement's text
/// anew each time and looks at each value twice, which is too slow for the queries that nearly every
/// request makes. A boxed query has to go through that layer.
macro_rules! direct {
    ($conn:ident, $run:expr) => {
        match $conn {
            $crate::db::connection::AnyConnection::Sqlite($conn) => $run,
            $crate::db::connection::AnyConnection::Postgres($conn) => $run,
        }
    };
}
pub(crate) use direct;
