//! The key that signs the ledger's checkpoints: made, shown, changed, and compared with the one that
//! the ledger was begun with.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{database::open, output::print, secrets::read_or_create};
use crate::{
    auth::tokens::random_bytes,
    config::{Config, database_url::DatabaseUrl},
    db::{database::Db, migrate},
    error::{Error, Result},
    journal::recorded::{Recorded, Unlogged},
    ledger::key::{Signer, Verifier, is_key_name},
    store::{self, settings::LEDGER_KEY},
};

/// What to do with the key of the ledger.
#[derive(Subcommand)]
pub(super) enum LedgerKey {
    /// Make a key for DAYBOOK_LEDGER_KEY, and print it: it is a secret
    New {
        /// The name of the key, which is the origin of the ledger: a URL without its scheme, for
        /// example log.example.com/daybook
        origin: String,
    },
    /// Print the verifier key, which anybody may have
    Show,
    /// Say that the key of the settings, another than before, is meant: it signs from now on
    Rotate,
}

/// Runs a command about the key.
///
/// # Errors
/// Where the key is broken, or the database cannot be reached.
pub(super) fn run(config: &Config, command: LedgerKey) -> Result<()> {
    match command {
        LedgerKey::New { origin } => {
            if !is_key_name(&origin) {
                let text = "an origin has no spaces and no plus signs: log.example.com/daybook";
                return Err(Error::internal(text));
            }
            print(&format!("{}\n", new_key(&origin)?.to_secret_text()))
        }
        LedgerKey::Show => {
            migrate::up(&config.database_url)?;
            print(&format!("{}\n", key(config)?.verifier()))
        }
        LedgerKey::Rotate => {
            migrate::up(&config.database_url)?;
            let (signer, db) = (key(config)?, open(config)?);
            let verifier = signer.verifier().to_string();
            actix_web::rt::System::new().block_on(set(&db, verifier.clone()))?;
            print(&format!("From now on the ledger is signed with {verifier}\n"))
        }
    }
}

fn new_key(origin: &str) -> Result<Signer> {
    Signer::new(origin, random_bytes::<32>()?).map_err(|error| Error::internal(error.to_string()))
}

/// The key of the settings; on SQLite, the one beside the database, made now if there is none.
///
/// # Errors
/// Where it is broken, or on PostgreSQL not set.
pub(super) fn key(config: &Config) -> Result<Signer> {
    let text = match (&config.ledger_key, &config.database_url) {
        (Some(key), _) => key.reveal().to_owned(),
        (None, DatabaseUrl::Sqlite(path)) => {
            let file = beside(path, ".ledger-key");
            let make = || {
                let origin = format!("daybook.invalid/{}", uuid::Uuid::now_v7());
                new_key(&origin).map(|key| key.to_secret_text())
            };
            read_or_create(&file, make)?
        }
        (None, DatabaseUrl::Postgres(_)) => {
            let text = "on PostgreSQL, DAYBOOK_LEDGER_KEY is required, the same for all replicas: \
                        `daybook ledger-key new ORIGIN` makes one";
            return Err(Error::internal(text));
        }
    };
    Signer::parse(&text).map_err(|error| Error::internal(format!("DAYBOOK_LEDGER_KEY: {error}")))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut file = path.to_owned().into_os_string();
    file.push(ending);
    file.into()
}

/// Begins the ledger with this key; refuses another key or origin than it was begun with.
///
/// # Errors
/// Where the keys differ.
pub(super) async fn check(db: &Db, verifier: &Verifier) -> Result<()> {
    let verifier = verifier.to_string();
    let begun = db.read(|conn| store::settings::get(conn, LEDGER_KEY)).await?;
    match begun {
        None => set(db, verifier).await,
        Some(begun) if begun == verifier => Ok(()),
        Some(begun) => Err(Error::internal(format!(
            "the ledger was begun with the key {begun}, and this is {verifier}: set the former, or \
             say by `daybook ledger-key rotate` that the change is meant"
        ))),
    }
}

async fn set(db: &Db, verifier: String) -> Result<()> {
    db.transact(move |tx| {
        store::settings::set(tx, LEDGER_KEY, &verifier)?;
        Ok(Recorded::unlogged(Unlogged::Housekeeping, ()))
    })
    .await
}
