//! A row whose columns are read in place, without a copy: of SQLite, and of PostgreSQL.

use diesel::{
    pg::{Pg, PgValue},
    row::Field,
};
use rusqlite::types::ValueRef;

use crate::{
    db::types::{time_from_micros, time_from_postgres},
    domain::{ids::Id, timestamp::Timestamp},
    error::{Error, Result},
};

use super::columns::Column;

/// A row whose first columns are those of the entry.
pub(super) trait RawRow {
    fn bytes_at(&self, index: usize) -> Result<Option<&[u8]>>;
    fn number_at(&self, index: usize) -> Result<Option<i64>>;
    fn time_from(micros: i64) -> diesel::deserialize::Result<Timestamp>;

    fn text(&self, column: Column) -> Result<Option<&str>> {
        let bytes = self.bytes_at(column as usize)?;
        bytes.map(|bytes| std::str::from_utf8(bytes).map_err(Error::internal)).transpose()
    }

    fn id<K>(&self, column: Column) -> Result<Option<Id<K>>> {
        let bytes = self.bytes_at(column as usize)?;
        bytes.map(|bytes| Id::from_slice(bytes).ok_or_else(|| malformed(column))).transpose()
    }

    fn number(&self, column: Column) -> Result<Option<i64>> {
        self.number_at(column as usize)
    }

    fn time(&self, column: Column) -> Result<Option<Timestamp>> {
        let micros = self.number(column)?;
        micros.map(|micros| Self::time_from(micros).map_err(Error::internal)).transpose()
    }
}

/// The value of a column that is never null.
pub(super) fn required<T>(column: Column, value: Result<Option<T>>) -> Result<T> {
    value?.ok_or_else(|| malformed(column))
}

fn malformed(column: Column) -> Error {
    Error::internal(format!("an entry has a malformed {column:?}"))
}

fn malformed_at(index: usize) -> Error {
    Error::internal(format!("an entry has a malformed column {index}"))
}

impl RawRow for rusqlite::Row<'_> {
    fn bytes_at(&self, index: usize) -> Result<Option<&[u8]>> {
        match self.get_ref(index).map_err(Error::internal)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(Some(bytes)),
            ValueRef::Integer(_) | ValueRef::Real(_) => Err(malformed_at(index)),
        }
    }

    fn number_at(&self, index: usize) -> Result<Option<i64>> {
        match self.get_ref(index).map_err(Error::internal)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(number) => Ok(Some(number)),
            _ => Err(malformed_at(index)),
        }
    }

    fn time_from(micros: i64) -> diesel::deserialize::Result<Timestamp> {
        time_from_micros(micros)
    }
}

/// The fields of a row of PostgreSQL. The last may be missing.
pub(super) struct PgFields<'a, F>(pub(super) &'a [Option<F>]);

impl<'a, F: Field<'a, Pg>> RawRow for PgFields<'a, F> {
    fn bytes_at(&self, index: usize) -> Result<Option<&[u8]>> {
        let field = self.0.get(index).and_then(Option::as_ref);
        let value: Option<PgValue<'_>> = field.and_then(|field| field.value());
        Ok(value.map(|value| value.as_bytes()))
    }

    fn number_at(&self, index: usize) -> Result<Option<i64>> {
        let bytes = self.bytes_at(index)?;
        let number = |bytes: &[u8]| bytes.try_into().map(i64::from_be_bytes);
        bytes.map(|bytes| number(bytes).map_err(|_| malformed_at(index))).transpose()
    }

    fn time_from(micros: i64) -> diesel::deserialize::Result<Timestamp> {
        time_from_postgres(micros)
    }
}
