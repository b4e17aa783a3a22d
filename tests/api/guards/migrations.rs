//! Guard: both databases have the same migrations, and every migration can be reverted.

use std::{collections::BTreeSet, fs, path::Path};

use daybook::db::{connection::open_reader, migrate};
use diesel::connection::SimpleConnection;

use crate::support::database::TestDatabase;

fn names(database: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
    let names = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn migrations_run_up_down_and_up_again() {
    let database = TestDatabase::empty();
    let has_users = || {
        let mut conn = open_reader(&database.url).unwrap();
        conn.batch_execute("SELECT id FROM users").is_ok()
    };
    migrate::up(&database.url).unwrap();
    assert!(has_users());
    migrate::down(&database.url).unwrap();
    assert!(!has_users());
    migrate::up(&database.url).unwrap();
    assert!(has_users());
    migrate::up(&database.url).unwrap();
}
