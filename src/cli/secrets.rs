//! The secret that signs access tokens.

use std::{
    fs::OpenOptions,
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use crate::{
    auth::tokens::random_hex,
    config::{Config, SECRET_MIN, Secret, database_url::DatabaseUrl},
    error::{Error, Result},
};

/// The secret of the settings. On SQLite without one, the secret beside the database, which is
/// created now if it does not exist.
pub(super) fn jwt_secret(config: &Config) -> Result<Secret> {
    let secret = match (&config.jwt_secret, &config.database_url) {
        (Some(secret), _) => secret.clone(),
        (None, DatabaseUrl::Sqlite(path)) => {
            let mut file = path.clone().into_os_string();
            file.push(".jwt-secret");
            read_or_create(Path::new(&file), random_hex::<32>)?.into()
        }
        (None, DatabaseUrl::Postgres(_)) => {
            return Err(Error::internal(
                "on PostgreSQL, DAYBOOK_JWT_SECRET is required: the same for all replicas",
            ));
        }
    };
    if secret.reveal().len() < SECRET_MIN {
        let text = format!("DAYBOOK_JWT_SECRET needs at least {SECRET_MIN} bytes");
        return Err(Error::internal(text));
    }
    Ok(secret)
}

/// The secret in a file, which only its owner may read. It is created now if it does not exist.
pub(super) fn read_or_create(
    path: &Path,
    create: impl FnOnce() -> Result<String>,
) -> Result<String> {
    let failed = |error: io::Error| Error::internal(format!("{}: {error}", path.display()));
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(mut file) => {
            let secret = create()?;
            file.write_all(secret.as_bytes()).map_err(failed)?;
            file.sync_all().map_err(failed)?;
            Ok(secret)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mut file = OpenOptions::new().read(true).open(path).map_err(failed)?;
            if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
                let text = format!(
                    "others may read this secret. Run chmod 600 {}, and replace the secret if \
                     somebody may have read it",
                    path.display()
                );
                return Err(failed(io::Error::other(text)));
            }
            let mut secret = String::new();
            file.read_to_string(&mut secret).map_err(failed)?;
            Ok(secret.trim().to_owned())
        }
        Err(error) => Err(failed(error)),
    }
}
