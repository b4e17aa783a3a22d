//! Many entries in one statement of PostgreSQL: each column is a parameter, an array with a value of
//! each row. The text of the statement stays the same, so it is prepared once for each connection.

use diesel::{
    PgConnection,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Nullable, SqlType, Text, is_nullable::NotNull},
};

use super::{columns::with_columns, row::EntryRow};
use crate::{
    db::types::{SqlId, SqlTime},
    domain::{
        entry::{Action, Source, TargetType},
        ids::{AnyId, EntryId, Id, UserId},
        timestamp::Timestamp,
        user::UserKind,
    },
};

/// How a field of a row is put into an array.
trait Element {
    /// The SQL type of the element.
    type Sql: SqlType;
    /// The element, which borrows its text from the row.
    type Value<'a>
    where
        Self: 'a;

    fn value(&self) -> Self::Value<'_>;
}

macro_rules! elements {
    ($([$($k:ident)?] $type:ty => $sql:ty, $value:ty, |$it:ident| $make:expr;)*) => {$(
        impl<$($k: 'static)?> Element for $type {
            type Sql = $sql;
            type Value<'a> = $value where Self: 'a;

            fn value(&self) -> Self::Value<'_> {
                let $it = self;
                $make
            }
        }
    )*};
}

elements! {
    [K] Id<K> => SqlId, Id<K>, |it| *it;
    [] Timestamp => SqlTime, Timestamp, |it| *it;
    [] i64 => BigInt, i64, |it| *it;
    [] String => Text, &'a str, |it| it.as_str();
    [] Action => Text, &'static str, |it| it.as_str();
    [] Source => Text, &'static str, |it| it.as_str();
    [] TargetType => Text, &'static str, |it| it.as_str();
    [] UserKind => Text, &'static str, |it| it.as_str();
}

impl<T: Element> Element for Option<T>
where
    T::Sql: SqlType<IsNull = NotNull>,
{
    type Sql = Nullable<T::Sql>;
    type Value<'a>
        = Option<T::Value<'a>>
    where
        Self: 'a;

    fn value(&self) -> Self::Value<'_> {
        self.as_ref().map(T::value)
    }
}

macro_rules! arrays {
    (shown { $($name:ident: $type:ty,)* } hidden { $($hidden:ident: $hidden_type:ty,)* }) => {
        arrays!($($name: $type,)* $($hidden: $hidden_type,)*);
    };
    ($($name:ident: $type:ty,)*) => {
        /// The statement that inserts rows.
        pub(super) struct ArrayInsert<'a> { $($name: Vec<<$type as Element>::Value<'a>>,)* }

        impl<'a> ArrayInsert<'a> {
            /// Turns rows into arrays.
            pub(super) fn new(rows: &[&'a EntryRow]) -> Self {
                Self { $($name: rows.iter().map(|row| row.$name.value()).collect(),)* }
            }

            const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
        }

        impl QueryFragment<Pg> for ArrayInsert<'_> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                out.push_sql("INSERT INTO entries (");
                out.push_sql(&Self::NAMES.join(", "));
                out.push_sql(") SELECT * FROM unnest(");
                let mut separator = "";
                $(
                    out.push_sql(separator);
                    separator = ", ";
                    out.push_bind_param::<Array<<$type as Element>::Sql>, _>(&self.$name)?;
                )*
                let _ = separator;
                out.push_sql(")");
                Ok(())
            }
        }
    };
}
with_columns!(arrays);

impl QueryId for ArrayInsert<'_> {
    type QueryId = ArrayInsert<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for ArrayInsert<'_> {}

/// The statement that skips rows whose `external_id` exists, and returns the ids of the others.
pub(super) struct ArrayInsertNew<'a>(pub(super) ArrayInsert<'a>);

impl QueryFragment<Pg> for ArrayInsertNew<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" ON CONFLICT DO NOTHING RETURNING id");
        Ok(())
    }
}

impl QueryId for ArrayInsertNew<'_> {
    type QueryId = ArrayInsertNew<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for ArrayInsertNew<'_> {
    type SqlType = SqlId;
}

impl RunQueryDsl<PgConnection> for ArrayInsertNew<'_> {}
