//! The files of SQLite, and the secret beside them, are for their owner alone.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use daybook::db::{connection::open_writer, migrate};

use crate::support::{
    database::TestDatabase,
    process::{Process, daybook, refusal},
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The names and modes of the files in a folder.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let name = |file: &fs::DirEntry| file.file_name().into_string().unwrap();
    let mut modes: Vec<_> = files.map(|file| (name(&file), mode(&file.path()))).collect();
    modes.sort();
    modes
}

#[test]
fn a_new_database_and_its_folder_are_for_their_owner_alone() {
    let database = TestDatabase::empty();
    let folder = database.folder.path().join("new/data");
    let url = format!("sqlite://{}", folder.join("daybook.db").display());
    let words = ["create-admin", "--email", "me@example.com"];
    let made = daybook(&database, &words)
        .env("DATABASE_URL", &url)
        .env("DAYBOOK_ADMIN_PASSWORD", "a long password")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(folder.parent().unwrap()), 0o700);
    // The files that exist only while it is open.
    let _conn = open_writer(&url.parse().unwrap()).unwrap();
    assert_eq!(
        daybook(&database, &["migrate"]).env("DATABASE_URL", &url).status().unwrap().code(),
        Some(0)
    );
    assert!(modes(&folder).iter().all(|(_, mode)| *mode == 0o600), "{:?}", modes(&folder));
}

#[test]
fn the_files_of_a_running_service_are_for_their_owner_alone() {
    let database = TestDatabase::empty();
    if !database.url.is_sqlite() {
        return;
    }
    let _service = Process::serve_with(&database, "127.0.0.1:0", &[], |command| {
        command.env_remove("DAYBOOK_JWT_SECRET");
    });
    let modes = modes(database.folder.path());
    let names: Vec<&str> = modes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["daybook.db", "daybook.db-shm", "daybook.db-wal", "daybook.db.jwt-secret"]);
    assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
}

#[test]
fn files_of_a_database_that_others_may_read_are_closed_to_them() {
    let database = TestDatabase::empty();
    if !database.url.is_sqlite() {
        return;
    }
    migrate::up(&database.url).unwrap();
    let file = database.folder.path().join("daybook.db");
    set_mode(&file, 0o644);
    let folder_mode = mode(database.folder.path());
    let output = daybook(&database, &["migrate"]).output().unwrap();
    assert!(output.status.success());
    assert_eq!(mode(&file), 0o600);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("daybook.db was open to others (mode 0644)"), "{said}");
    assert_eq!(mode(database.folder.path()), folder_mode, "a folder that exists stays as it is");
}

#[test]
fn a_secret_that_others_may_read_stops_the_start_with_one_clear_line() {
    let database = TestDatabase::empty();
    if !database.url.is_sqlite() {
        return;
    }
    let secret = database.folder.path().join("daybook.db.jwt-secret");
    fs::write(&secret, "a secret that is long enough for its algorithm").unwrap();
    for (others, fine) in [(0o644, false), (0o640, false), (0o602, false), (0o400, true)] {
        set_mode(&secret, others);
        if fine {
            Process::serve_with(&database, "127.0.0.1:0", &[], |command| {
                command.env_remove("DAYBOOK_JWT_SECRET");
            });
            continue;
        }
        let mut command = daybook(&database, &["serve", "--listen", "127.0.0.1:0"]);
        command.env("RUST_LOG", "off").env_remove("DAYBOOK_JWT_SECRET");
        let said = refusal(command);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(&format!("chmod 600 {}", secret.display())), "{said}");
        assert_eq!(mode(&secret), others, "it stays for the operator to see");
    }
}
