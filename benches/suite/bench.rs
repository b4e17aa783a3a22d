//! What the parts of a run share.

use daybook::{
    config::database_url::DatabaseUrl,
    db::connection::{AnyConnection, open_writer},
};
use diesel::connection::SimpleConnection;

use crate::{
    error::Result,
    measure::{postgres::Postgres, service::Service},
    report::numbers::short_count,
    suite::settings::Settings,
};

/// The two kinds of database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The name in the results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A database under measurement.
pub struct Database {
    pub engine: Engine,
    /// How many entries it was filled with, without the long log.
    pub entries: u64,
    /// The name of the database, or of the file without its extension.
    pub name: String,
    /// The `DATABASE_URL` of the service.
    pub url: String,
}

impl Database {
    /// The label in the results: `SQLite, 1 M`.
    pub fn label(&self) -> String {
        format!("{}, {}", self.engine.name(), short_count(self.entries))
    }

    /// Reads all entries once, so that as many as possible are in the cache of the system: the parts
    /// compare databases, not disks.
    pub fn warm(&self) -> Result<()> {
        // To read the last column of a row, SQLite reads all of the row.
        let scan = "SELECT count(*) FROM entries WHERE length(search_key) < 0";
        Ok(match &mut self.open()? {
            conn @ AnyConnection::Sqlite(_) => conn.batch_execute(scan),
            conn @ AnyConnection::Postgres(_) => conn.batch_execute(&format!(
                "SET max_parallel_workers_per_gather = 0; {scan}; SET enable_seqscan = off; \
                 SELECT count(*) FROM (SELECT user_id FROM entries \
                 ORDER BY user_id, occurred_at, id) AS log"
            )),
        }?)
    }

    /// Opens a connection for the benchmark itself.
    pub fn open(&self) -> Result<AnyConnection> {
        let url: DatabaseUrl = self.url.parse()?;
        Ok(open_writer(&url).map_err(|error| error.to_string())?)
    }
}

/// The settings, the server and the databases of a run.
pub struct Bench {
    pub settings: Settings,
    pub server: Postgres,
    /// By size, the smallest first; of each size, SQLite first.
    pub databases: Vec<Database>,
}

impl Bench {
    /// Starts a service on each database. Each part starts its own, so that their memory is that of
    /// the part.
    pub fn services(&self) -> Result<Vec<Service>> {
        self.databases.iter().map(|database| self.service(database)).collect()
    }

    /// Starts a service on a database.
    pub fn service(&self, database: &Database) -> Result<Service> {
        Service::start(&database.url, &self.settings.folder)
    }

    /// The databases of the smallest size.
    pub fn smallest(&self) -> Vec<&Database> {
        let smallest = self.settings.smallest();
        self.databases.iter().filter(|it| it.entries == smallest).collect()
    }

    /// The index of the PostgreSQL database of a size.
    pub fn postgres(&self, entries: u64) -> Result<usize> {
        let at = |it: &Database| it.engine == Engine::Postgres && it.entries == entries;
        Ok(self.databases.iter().position(at).ok_or("no such database")?)
    }
}
