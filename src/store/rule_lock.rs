//! The lock on what certifications and learning plans require: one advisory lock of PostgreSQL.
//!
//! Who changes something that the rules follow from takes it shared, who changes what they require
//! takes it exclusive. Otherwise the first applies the old requirements, and the second does not
//! see the first yet. Take it before any lock on a row. SQLite has one writer and needs no lock.
//!
//! Who waits longer for it than the `lock_timeout` of the connection gets `unavailable`.

use diesel::prelude::*;

use crate::{db::connection::AnyConnection, error::Result, journal::tx::Tx};

#[diesel::declare_sql_function]
extern "SQL" {
    /// Waits while a transaction has the key exclusive.
    fn pg_advisory_xact_lock_shared(key: diesel::sql_types::BigInt) -> diesel::sql_types::Bool;
    /// Waits while any other transaction has the key.
    fn pg_advisory_xact_lock(key: diesel::sql_types::BigInt) -> diesel::sql_types::Bool;
}

/// The key of the lock among PostgreSQL's advisory locks.
const RULES: i64 = 0x6461_7962_6f6f_6b01;

/// Keeps the requirements unchanged until the transaction ends, together with all others who do so
/// (`pg_advisory_xact_lock_shared`).
pub fn lock_rules_shared(tx: &mut Tx<'_>) -> Result<()> {
    if let AnyConnection::Postgres(conn) = tx.read() {
        diesel::select(pg_advisory_xact_lock_shared(RULES)).execute(conn)?;
    }
    Ok(())
}

/// Waits until nobody has the lock, and then keeps everybody else out until the transaction ends
/// (`pg_advisory_xact_lock`).
pub fn lock_rules_exclusive(tx: &mut Tx<'_>) -> Result<()> {
    if let AnyConnection::Postgres(conn) = tx.read() {
        diesel::select(pg_advisory_xact_lock(RULES)).execute(conn)?;
    }
    Ok(())
}
