//! Changes of API clients, by which integrations authenticate.

use super::{Change, entry, patch::set};
use crate::{
    domain::{
        entry::{Action, FieldChange},
        ids::{ApiClientId, UserId},
        policy::{Act, Caller},
        scope::Scopes,
        text::fold,
        user::UserKind,
        version::IfMatch,
    },
    error::{Error, Result},
    journal::{draft::Draft, new_entry::NewEntry, recorded::Recorded, tx::Tx},
    store::{
        self,
        api_clients::{ApiClientRow, SecretRow},
        users::UserRow,
    },
};

/// Creates an API client.
pub struct CreateApiClient {
    /// Its name.
    pub name: String,
    /// The user that it acts as, of kind `api`.
    pub user: UserId,
    /// Its scopes.
    pub scopes: Scopes,
    /// The hash of its first secret.
    pub secret_hash: String,
}

impl Change for CreateApiClient {
    type Output = ApiClientRow;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::ChangeApiClients)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<ApiClientRow>> {
        let user = store::user_locks::lock_exclusive(tx, self.user)
            .map_err(|error| error.in_body("/user_id", "user"))?;
        if user.kind != UserKind::Api {
            let text = "An API client acts as a user of kind api, and this one is a person.";
            return Err(Error::invalid_field("/user_id", "not_api", text));
        }
        let row = ApiClientRow {
            id: tx.new_id(),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            search_key: fold(&self.name),
            name: self.name.clone(),
            user_id: user.id,
            scopes: self.scopes,
            last_used_at: None,
            revoked_at: None,
        };
        store::api_clients::insert(tx, &row)?;
        let first = secret(tx, row.id, &self.secret_hash);
        store::api_clients::add_secret(tx, &first, tx.now())?;
        let text = format!("The API client “{}” of {} was made.", row.name, user.name());
        let written = client_entry(tx, caller, &row, Action::ApiClientCreated, text, None);
        Ok(Recorded::new(row, vec![written]))
    }
}

fn secret(tx: &Tx<'_>, client: ApiClientId, hash: &str) -> SecretRow {
    SecretRow {
        id: tx.new_id(),
        client_id: client,
        secret_hash: hash.to_owned(),
        created_at: tx.now(),
        expires_at: None,
    }
}

/// The entry, on the log of the client's user.
fn client_entry(
    tx: &Tx<'_>,
    caller: &Caller,
    row: &ApiClientRow,
    action: Action,
    text: String,
    changes: impl IntoIterator<Item = FieldChange>,
) -> NewEntry {
    let draft = Draft::system(row.user_id, action, text).target(row.target()).changes(changes);
    entry(tx, caller, draft)
}

/// Locks the user of a client and then the client, both exclusive. Everybody locks users first.
fn lock_exclusive(tx: &mut Tx<'_>, id: ApiClientId) -> Result<(ApiClientRow, UserRow)> {
    let user = store::api_clients::get(tx.read(), id)?.user_id;
    let user = store::user_locks::lock_exclusive(tx, user)?;
    Ok((store::api_clients::lock(tx, id)?, user))
}

fn authorize(caller: &Caller, tx: &mut Tx<'_>, id: ApiClientId) -> Result<()> {
    caller.must(Act::SeeApiClients)?;
    store::api_clients::get(tx.read(), id)?;
    caller.must(Act::ChangeApiClients)
}

fn refuse_revoked(row: &ApiClientRow) -> Result<()> {
    match row.revoked_at {
        None => Ok(()),
        Some(_) => Err(Error::conflict("The API client is revoked. Make a new one.")),
    }
}

/// Changes an API client. What is `None` stays as it is.
pub struct UpdateApiClient {
    /// Its id.
    pub id: ApiClientId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// Its new name.
    pub name: Option<String>,
    /// Its scopes from now on, which also limit the tokens that it already has.
    pub scopes: Option<Scopes>,
}

impl Change for UpdateApiClient {
    type Output = ApiClientRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(caller, tx, self.id)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<ApiClientRow>> {
        let (mut row, user) = lock_exclusive(tx, self.id)?;
        self.if_match.check(row.version)?;
        refuse_revoked(&row)?;
        let before = row.clone();
        set(&mut row.name, self.name.as_ref());
        set(&mut row.scopes, self.scopes.as_ref());
        let changes: Vec<FieldChange> = [
            FieldChange::between("name", &before.name, &row.name),
            FieldChange::between("scopes", &before.scopes.to_vec(), &row.scopes.to_vec()),
        ]
        .into_iter()
        .flatten()
        .collect();
        if changes.is_empty() {
            return Ok(Recorded::unchanged(row));
        }
        store::api_clients::update(tx, &mut row)?;
        let text = format!("The API client “{}” of {} was changed.", row.name, user.name());
        let written = client_entry(tx, caller, &row, Action::ApiClientUpdated, text, changes);
        Ok(Recorded::new(row, vec![written]))
    }
}

/// Revokes an API client: its secrets and tokens are invalid from now on.
pub struct RevokeApiClient {
    /// Its id.
    pub id: ApiClientId,
}

impl Change for RevokeApiClient {
    type Output = ();

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(caller, tx, self.id)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        let (mut row, user) = lock_exclusive(tx, self.id)?;
        if row.revoked_at.is_some() {
            return Ok(Recorded::unchanged(()));
        }
        row.revoked_at = Some(tx.now());
        store::api_clients::update(tx, &mut row)?;
        store::api_clients::end_secrets(tx, row.id)?;
        let text = format!("The API client “{}” of {} was revoked.", row.name, user.name());
        let written = client_entry(tx, caller, &row, Action::ApiClientRevoked, text, None);
        Ok(Recorded::new((), vec![written]))
    }
}

/// Adds a new secret to an API client. The one before it stays valid for a while, so that the
/// integration can switch without a pause.
pub struct RotateSecret {
    /// The client.
    pub id: ApiClientId,
    /// The hash of the new secret.
    pub secret_hash: String,
    /// Seconds from now that the secret before it stays valid; with 0, it ends at once.
    pub overlap_seconds: i64,
}

impl Change for RotateSecret {
    /// The client and the new secret.
    type Output = (ApiClientRow, SecretRow);

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(caller, tx, self.id)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        let (mut row, user) = lock_exclusive(tx, self.id)?;
        refuse_revoked(&row)?;
        let new = secret(tx, row.id, &self.secret_hash);
        let others_end = tx.now().plus_seconds(self.overlap_seconds);
        store::api_clients::add_secret(tx, &new, others_end)?;
        store::api_clients::update(tx, &mut row)?;
        let text = format!("The API client “{}” of {} got a new secret.", row.name, user.name());
        let written = client_entry(tx, caller, &row, Action::ApiClientUpdated, text, None);
        Ok(Recorded::new((row, new), vec![written]))
    }
}
