//! Facts about this database itself.

use diesel::prelude::*;

use crate::{
    db::{connection::AnyConnection, schema::settings},
    error::Result,
    journal::tx::Tx,
};

/// The name of the setting that marks a database made of demo data.
pub const DEMO: &str = "demo";

/// The value of a setting.
pub fn get(conn: &mut AnyConnection, name: &str) -> Result<Option<String>> {
    Ok(settings::table.find(name).select(settings::value).first(conn).optional()?)
}

/// Sets a setting that is not set.
pub fn insert(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<()> {
    let row = (settings::name.eq(name), settings::value.eq(value));
    diesel::insert_into(settings::table).values(row).execute(tx.write())?;
    Ok(())
}
