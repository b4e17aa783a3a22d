//! The demo data.

use std::net::SocketAddr;

use crate::{auth::passwords::Passwords, db::Db, error::Result};

/// Loads it.
///
/// # Errors
/// Of the database.
pub async fn load(_: &Db, _: &Passwords) -> Result<()> {
    Ok(())
}

/// What is printed.
pub fn welcome(address: SocketAddr) -> String {
    format!("http://{address}/docs\n")
}
