//! Facts about this database itself.

use diesel::prelude::*;

use crate::{
    db::{connection::AnyConnection, schema::settings},
    error::Result,
    journal::tx::Tx,
};

/// The name of the setting that marks a database made of demo data.
pub const DEMO: &str = "demo";

/// The name of the setting with the verifier key that the ledger is signed with.
pub const LEDGER_KEY: &str = "ledger_key";

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

/// Sets a setting, whatever it was.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn set(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<()> {
    diesel::delete(settings::table.find(name)).execute(tx.write())?;
    insert(tx, name, value)
}
