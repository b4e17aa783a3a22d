//! Opens the database of the settings.

use crate::{
    config::Config,
    db::database::{Db, Options},
    domain::clock::Clock,
    error::{Error, Result},
};

/// Opens the database of the settings, and its read replica.
pub(super) fn open(config: &Config) -> Result<Db> {
    let (url, read_replica) = (config.database_url.clone(), config.read_database_url.clone());
    if read_replica.as_ref().is_some_and(|replica| url.is_sqlite() || replica.is_sqlite()) {
        let text = "DAYBOOK_READ_DATABASE_URL and DATABASE_URL must both be PostgreSQL";
        return Err(Error::internal(text));
    }
    let options = Options { read_replica, ..Options::new(url, config.db_pool()) };
    Db::open(&options, Clock::system())
}
