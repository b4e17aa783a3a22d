//! The files of a SQLite database. Only their owner may read them.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use crate::error::{Error, Result};

/// The mode of a file for its owner alone.
const OWNER_ONLY: u32 = 0o600;

/// Makes the folder and the file of a database, if they do not exist, and takes the access of others
/// away from files that do. SQLite gives the files beside it the mode of the database.
///
/// # Errors
/// `unavailable` where the files can't be made, or belong to somebody else.
pub(super) fn prepare(database: &Path) -> Result<()> {
    if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        // An existing folder stays as it is: it may be shared for a reason.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| failure(folder, &error))?;
    }
    let made =
        OpenOptions::new().write(true).create(true).truncate(false).mode(OWNER_ONLY).open(database);
    made.map_err(|error| failure(database, &error))?;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut path = database.as_os_str().to_owned();
        path.push(suffix);
        let path = Path::new(&path);
        restrict(path).map_err(|error| failure(path, &error))?;
    }
    Ok(())
}

/// Takes the access of others away from a file, if it exists.
fn restrict(path: &Path) -> io::Result<()> {
    let mode = match fs::metadata(path) {
        Ok(file) => file.permissions().mode(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if mode & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(OWNER_ONLY))?;
        log::warn!(
            "{} was open to others (mode {:04o}); now it is 0600",
            path.display(),
            mode & 0o7777
        );
    }
    Ok(())
}

fn failure(path: &Path, error: &io::Error) -> Error {
    Error::unavailable(format!("{}: {error}", path.display()))
}
