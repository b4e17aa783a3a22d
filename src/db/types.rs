//! How the types of the domain are stored: ids as 16 bytes, times as microseconds, words and dates as
//! text.

use std::io::Write;

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, Queryable},
    expression::AsExpression,
    pg::{Pg, PgValue},
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{HasSqlType, Nullable, SqlType, Text},
    sqlite::{Sqlite, SqliteValue},
};
use uuid::Uuid;

use super::connection::MultiBackend;
use crate::domain::{
    catalogue::{CourseStatus, CourseType},
    certification::CertificationStatus,
    date::Date,
    enrollment::{CompletionMethod, EnrollmentStatus, GradeResult},
    entry::{Action, Source, TargetType},
    group::{GroupPermission, GroupStatus},
    ids::Id,
    record::RecordKind,
    scope::Scopes,
    timestamp::Timestamp,
    user::{Role, UserKind, UserStatus},
};

/// SQL type of ids: `uuid`, and a BLOB of 16 bytes on SQLite.
#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct SqlId;

/// SQL type of times: `timestamptz`, and an INTEGER on SQLite, microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct SqlTime;

macro_rules! sql_type {
    ($sql:ty, $rust:ty $(, $k:ident)?) => {
        impl<$($k: 'static)?> AsExpression<$sql> for $rust {
            type Expression = diesel::internal::derives::as_expression::Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                diesel::internal::derives::as_expression::Bound::new(self)
            }
        }
        impl<'a, $($k: 'static)?> AsExpression<$sql> for &'a $rust {
            type Expression = diesel::internal::derives::as_expression::Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                diesel::internal::derives::as_expression::Bound::new(self)
            }
        }
        impl<$($k: 'static)?> AsExpression<Nullable<$sql>> for $rust {
            type Expression = diesel::internal::derives::as_expression::Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                diesel::internal::derives::as_expression::Bound::new(self)
            }
        }
        impl<'a, $($k: 'static)?> AsExpression<Nullable<$sql>> for &'a $rust {
            type Expression = diesel::internal::derives::as_expression::Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                diesel::internal::derives::as_expression::Bound::new(self)
            }
        }
        impl<$($k: 'static,)? DB: Backend> ToSql<Nullable<$sql>, DB> for $rust
        where
            $rust: ToSql<$sql, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                <Self as ToSql<$sql, DB>>::to_sql(self, out)
            }
        }
        impl<$($k: 'static,)? DB: Backend> Queryable<$sql, DB> for $rust
        where
            $rust: FromSql<$sql, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
        impl<$($k: 'static)?> ToSql<$sql, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(IsNull::No)
            }
        }
        impl<$($k: 'static)?> FromSql<$sql, MultiBackend> for $rust {
            fn from_sql(
                bytes: <MultiBackend as Backend>::RawValue<'_>,
            ) -> deserialize::Result<Self> {
                bytes.from_sql::<Self, $sql>()
            }
        }
    };
}

impl HasSqlType<SqlId> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<SqlId>(lookup)
    }
}
impl HasSqlType<SqlTime> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<SqlTime>(lookup)
    }
}

sql_type!(SqlId, Id<K>, K);

impl<K: 'static> ToSql<SqlId, Sqlite> for Id<K> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}
impl<K: 'static> ToSql<SqlId, Pg> for Id<K> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.as_bytes())?;
        Ok(IsNull::No)
    }
}
impl<K: 'static> FromSql<SqlId, Sqlite> for Id<K> {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self::from_uuid(Uuid::from_slice(value.read_blob())?))
    }
}
impl<K: 'static> FromSql<SqlId, Pg> for Id<K> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_uuid(Uuid::from_slice(value.as_bytes())?))
    }
}

sql_type!(SqlTime, Timestamp);

/// 2000-01-01T00:00:00Z, where PostgreSQL counts from, in microseconds since 1970.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

impl ToSql<SqlTime, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.millis() * 1000);
        Ok(IsNull::No)
    }
}
impl ToSql<SqlTime, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&(self.millis() * 1000 - POSTGRES_EPOCH).to_be_bytes())?;
        Ok(IsNull::No)
    }
}
impl FromSql<SqlTime, Sqlite> for Timestamp {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        time_from_micros(value.read_long())
    }
}
impl FromSql<SqlTime, Pg> for Timestamp {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        time_from_postgres(i64::from_be_bytes(value.as_bytes().try_into()?))
    }
}

/// The instant of a number of microseconds since 2000, as PostgreSQL counts.
pub(crate) fn time_from_postgres(micros: i64) -> deserialize::Result<Timestamp> {
    time_from_micros(micros.saturating_add(POSTGRES_EPOCH))
}

/// The instant of a number of microseconds since 1970.
pub(crate) fn time_from_micros(micros: i64) -> deserialize::Result<Timestamp> {
    Timestamp::from_millis(micros.div_euclid(1000)).ok_or_else(|| "time out of bounds".into())
}

macro_rules! texts {
    ($($rust:ty),* $(,)?) => {$(
        sql_type!(Text, $rust);

        impl ToSql<Text, Sqlite> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.to_string());
                Ok(IsNull::No)
            }
        }
        impl ToSql<Text, Pg> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                write!(out, "{self}")?;
                Ok(IsNull::No)
            }
        }
        impl FromSql<Text, Sqlite> for $rust {
            fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                value.read_text().parse().map_err(|error| format!("{error}").into())
            }
        }
        impl FromSql<Text, Pg> for $rust {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                let text = std::str::from_utf8(value.as_bytes())?;
                text.parse().map_err(|error| format!("{error}").into())
            }
        }
    )*};
}

texts!(
    UserKind,
    UserStatus,
    Role,
    GroupStatus,
    GroupPermission,
    CourseType,
    CourseStatus,
    EnrollmentStatus,
    CompletionMethod,
    GradeResult,
    CertificationStatus,
    Action,
    Source,
    TargetType,
    RecordKind,
    Date,
    Scopes,
);
