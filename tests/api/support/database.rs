//! A database for each test, on SQLite or on the PostgreSQL server of the suite.

use std::sync::OnceLock;

use daybook::{
    auth::tokens::random_hex,
    config::database_url::DatabaseUrl,
    db::{connection::open_writer, migrate},
};
use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_types::Text};
use tempfile::TempDir;

/// The server where databases can be made, if the suite runs on PostgreSQL.
fn server() -> Option<String> {
    std::env::var("DAYBOOK_TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty())
}

/// A database of a test; gone when the test is over.
pub struct TestDatabase {
    pub url: DatabaseUrl,
    /// Where files of the test can be kept.
    pub folder: TempDir,
    name: Option<String>,
}

impl TestDatabase {
    /// An empty database with the schema in it.
    pub fn migrated() -> Self {
        let database = Self::make(|| {
            let template = template();
            format!("TEMPLATE {template}")
        });
        if database.url.is_sqlite() {
            migrate::up(&database.url).unwrap();
        }
        database
    }

    /// A database with nothing in it, not even a schema.
    pub fn empty() -> Self {
        Self::make(|| "TEMPLATE template0".to_owned())
    }

    /// A copy of it as it is now, while nobody is connected to it: a read replica that lags behind.
    /// PostgreSQL alone has one.
    pub fn copy(&self) -> Self {
        let name = self.name.clone().unwrap();
        Self::make(|| format!("TEMPLATE {name}"))
    }

    fn make(options: impl FnOnce() -> String) -> Self {
        let folder = TempDir::new().unwrap();
        let Some(server) = server() else {
            let url = DatabaseUrl::Sqlite(folder.path().join("daybook.db"));
            return Self { url, folder, name: None };
        };
        let name = format!("daybook_test_{}", random_hex::<8>().unwrap());
        execute(&server, &format!("CREATE DATABASE {name} {}", options()));
        let url = DatabaseUrl::Postgres(with_name(&server, &name));
        Self { url, folder, name: Some(name) }
    }

    /// The value of `DATABASE_URL`, with all that is needed to connect.
    pub fn url_text(&self) -> String {
        match &self.url {
            DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
            DatabaseUrl::Postgres(url) => url.clone(),
        }
    }

    /// An id as an SQL literal.
    pub fn id(&self, id: &str) -> String {
        match &self.url {
            DatabaseUrl::Sqlite(_) => format!("x'{}'", id.replace('-', "")),
            DatabaseUrl::Postgres(_) => format!("'{id}'"),
        }
    }

    /// The text that an SQL expression returns.
    pub fn ask(&self, sql: &str) -> String {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            text: String,
        }
        let query = diesel::sql_query(format!("SELECT ({sql}) AS text"));
        query.get_result::<Row>(&mut open_writer(&self.url).unwrap()).unwrap().text
    }

    /// Runs SQL as the owner of the database could: past the service, and past the guards.
    pub fn rewrite(&self, sql: &str) {
        if self.url.is_sqlite() {
            let drop = "SELECT coalesce(group_concat('DROP TRIGGER ' || name, ';'), '') FROM \
                        sqlite_schema WHERE type = 'trigger'";
            self.sabotage(&self.ask(drop)).unwrap();
            self.sabotage(sql).unwrap();
        } else {
            self.sabotage(&format!("SET session_replication_role = replica; {sql}")).unwrap();
        }
    }

    /// Runs SQL as the operator could: past the service.
    pub fn sabotage(&self, sql: &str) -> diesel::QueryResult<()> {
        open_writer(&self.url).unwrap().batch_execute(sql)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let (Some(server), Some(name)) = (server(), &self.name) {
            execute(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// A database with the schema in it, made once, that others are copied from.
fn template() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let server = server().unwrap();
        let name = format!("daybook_template_{}", random_hex::<8>().unwrap());
        execute(&server, &format!("CREATE DATABASE {name} TEMPLATE template0"));
        migrate::up(&DatabaseUrl::Postgres(with_name(&server, &name))).unwrap();
        name
    })
}

fn execute(server: &str, sql: &str) {
    let mut conn = open_writer(&DatabaseUrl::Postgres(server.to_owned())).unwrap();
    conn.batch_execute(sql).unwrap();
}

/// The same server, another database.
fn with_name(server: &str, name: &str) -> String {
    let (address, options) = server.split_once('?').unwrap_or((server, ""));
    let (authority, _) = address.rsplit_once('/').unwrap();
    let separator = if options.is_empty() { "" } else { "?" };
    format!("{authority}/{name}{separator}{options}")
}
