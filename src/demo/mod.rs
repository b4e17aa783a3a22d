//! The demo data: the three stories that a log is there for, and a few hundred more people, over
//! the last year.
//!
//! Nothing here writes an entry by hand. The data is a list of `Scene`s in the order of time. The
//! `stage` makes the real change of each, as the real caller, at that time.

mod crowd;
mod dice;
mod names;
mod people;
pub mod scene;
mod stage;
mod stories;
mod updates;

use std::net::SocketAddr;

use crate::{
    auth::passwords::Passwords,
    db::{connection::AnyConnection, database::Db},
    domain::timestamp::Timestamp,
    error::{Error, Result},
    journal::recorded::{Recorded, Unlogged},
    store::{
        self,
        api_clients::ApiClientQuery,
        page::{ListQuery, PageRequest},
        settings::DEMO,
    },
};
use scene::{API_CLIENT, Calendar, PASSWORD, Scene};

/// Loads the demo data into an empty database, all of it or nothing. A database that already has it
/// stays as it is, with all later changes.
///
/// # Errors
/// `internal_error` where the database has other data.
pub async fn load(db: &Db, passwords: &Passwords) -> Result<()> {
    if db.read(|conn| is_loaded(conn)).await? {
        return Ok(());
    }
    // Outside the transaction, which may be retried, since hashing is slow on purpose.
    let password_hash = passwords.hash(PASSWORD.to_owned()).await?;
    let loading = db.transact(move |tx| {
        if is_loaded(tx.read())? {
            return Ok(Recorded::unchanged(()));
        }
        if store::users::any(tx.read())? {
            return Err(Error::internal(
                "--demo refuses this database, which holds other data: name an empty one",
            ));
        }
        // The first write: of two replicas that start at once, the second waits here.
        store::settings::insert(tx, DEMO, &tx.now().to_string())?;
        stage::play(tx, &password_hash, &script(tx.now())?)?;
        Ok(Recorded::unlogged(Unlogged::InParts, ()))
    });
    match loading.await {
        // Another replica loaded it at the same time.
        Err(_) if db.read(|conn| is_loaded(conn)).await? => Ok(()),
        outcome => outcome,
    }
}

/// The text that is printed at the start: whom to log in as, and where to look.
///
/// # Errors
/// `unavailable`.
pub async fn welcome(db: &Db, address: SocketAddr) -> Result<String> {
    let query = ApiClientQuery { q: Some(API_CLIENT.to_owned()), ..Default::default() };
    let first = PageRequest { after: None, limit: 1 };
    let clients = db.read(move |conn| query.rows(conn, &(), &first));
    let client_id = clients.await?.first().map(|client| client.id.to_string());
    let client_id = client_id.unwrap_or_default();
    let [administrator, supervisor, learner] =
        [people::CRISTIANO, people::MARTA, people::SAM].map(people::email_of);
    Ok(format!(
        "This is the demo data. Everybody's password is {PASSWORD}; for example of\n\
         \x20 an administrator   {administrator}\n\
         \x20 a supervisor       {supervisor}\n\
         \x20 a learner          {learner}\n\
         \x20 an API client      {client_id} (client_id; the client_secret is the same)\n\
         Swagger UI is at http://{address}/docs\n"
    ))
}

fn is_loaded(conn: &mut AnyConnection) -> Result<bool> {
    Ok(store::settings::get(conn, DEMO)?.is_some())
}

/// All scenes until `now`, in the order of time, so that ids ascend with time.
fn script(now: Timestamp) -> Result<Vec<Scene>> {
    let calendar = Calendar::new(now)?;
    let mut scenes = people::arrivals(&calendar);
    scenes.extend(stories::all(&calendar)?);
    scenes.extend(crowd::lives(&calendar)?);
    // The sort is stable: scenes at the same time keep their order.
    scenes.sort_by_key(|scene| scene.at);
    Ok(scenes)
}
