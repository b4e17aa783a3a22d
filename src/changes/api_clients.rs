//! API clients: what integrations prove themselves with, and the tokens that they get for it.

use super::{Change, entry};
use crate::{
    domain::{
        attempt::Attempt,
        entry::{Action, FieldChange},
        ids::{ApiClientId, UserId},
        policy::{Act, Caller},
        scope::Scopes,
        text::fold,
        timestamp::Timestamp,
        user::{UserKind, UserStatus},
        version::IfMatch,
    },
    error::{Error, Result},
    journal::{
        draft::Draft,
        new_entry::NewEntry,
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
    store::{
        self,
        api_clients::{ApiClientRow, SecretRow},
        users::UserRow,
    },
};

/// Makes an API client.
pub struct CreateApiClient {
    /// Its name.
    pub name: String,
    /// Whom it acts as: a user of kind `api`.
    pub user: UserId,
    /// What it is limited to.
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
        let user = store::user_locks::lock(tx, self.user)
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
        let written = told(tx, caller, &row, Action::ApiClientCreated, text, None);
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
fn told(
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

/// The client and its user, held: the user first, as everybody does who holds him.
fn hold(tx: &mut Tx<'_>, id: ApiClientId) -> Result<(ApiClientRow, UserRow)> {
    let user = store::api_clients::get(tx.read(), id)?.user_id;
    let user = store::user_locks::lock(tx, user)?;
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

/// Changes an API client.
pub struct UpdateApiClient {
    /// Which one.
    pub id: ApiClientId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// Its new name.
    pub name: Option<String>,
    /// What it is limited to now: at once, for tokens that are out already too.
    pub scopes: Option<Scopes>,
}

impl Change for UpdateApiClient {
    type Output = ApiClientRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(caller, tx, self.id)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<ApiClientRow>> {
        let (mut row, user) = hold(tx, self.id)?;
        self.if_match.check(row.version)?;
        refuse_revoked(&row)?;
        let before = row.clone();
        row.name = self.name.clone().unwrap_or(row.name);
        row.scopes = self.scopes.unwrap_or(row.scopes);
        let changes: Vec<FieldChange> = [
            FieldChange::of("name", &before.name, &row.name),
            FieldChange::of("scopes", &before.scopes.to_vec(), &row.scopes.to_vec()),
        ]
        .into_iter()
        .flatten()
        .collect();
        if changes.is_empty() {
            return Ok(Recorded::unchanged(row));
        }
        store::api_clients::update(tx, &mut row)?;
        let text = format!("The API client “{}” of {} was changed.", row.name, user.name());
        let written = told(tx, caller, &row, Action::ApiClientUpdated, text, changes);
        Ok(Recorded::new(row, vec![written]))
    }
}

/// Revokes an API client: its secrets and its tokens are good for nothing from now on.
pub struct RevokeApiClient {
    /// Which one.
    pub id: ApiClientId,
}

impl Change for RevokeApiClient {
    type Output = ();

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(caller, tx, self.id)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        let (mut row, user) = hold(tx, self.id)?;
        if row.revoked_at.is_some() {
            return Ok(Recorded::unchanged(()));
        }
        row.revoked_at = Some(tx.now());
        store::api_clients::update(tx, &mut row)?;
        store::api_clients::end_secrets(tx, row.id)?;
        let text = format!("The API client “{}” of {} was revoked.", row.name, user.name());
        let written = told(tx, caller, &row, Action::ApiClientRevoked, text, None);
        Ok(Recorded::new((), vec![written]))
    }
}

/// Gives an API client a new secret. The one before it stays valid for a while, so that the
/// integration can change from one to the other without a pause.
pub struct RotateSecret {
    /// Which client.
    pub id: ApiClientId,
    /// The hash of the new secret.
    pub secret_hash: String,
    /// For how many seconds from now the secret before it stays valid; with 0 it ends at once.
    pub overlap_seconds: i64,
}

impl Change for RotateSecret {
    /// The client, the secrets that are valid now.
    type Output = (ApiClientRow, SecretRow);

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        authorize(caller, tx, self.id)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        let (mut row, user) = hold(tx, self.id)?;
        refuse_revoked(&row)?;
        let new = secret(tx, row.id, &self.secret_hash);
        let others_end = tx.now().plus_seconds(self.overlap_seconds);
        store::api_clients::add_secret(tx, &new, others_end)?;
        store::api_clients::update(tx, &mut row)?;
        let text = format!("The API client “{}” of {} got a new secret.", row.name, user.name());
        let written = told(tx, caller, &row, Action::ApiClientUpdated, text, None);
        Ok(Recorded::new((row, new), vec![written]))
    }
}

/// Lets an API client in that shows its secret.
pub struct GrantToken {
    /// Which client.
    pub id: ApiClientId,
    /// The hash of the secret that it shows.
    pub secret_hash: String,
    /// What the token should be good for; everything that the client is, if it is not said.
    pub scopes: Option<Scopes>,
    /// Where it is known from now on, if attempts are counted.
    pub attempt: Option<Attempt>,
}

/// What a token is good for.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// Whom the client acts as.
    pub user: UserId,
    /// What the token is good for.
    pub scopes: Scopes,
    /// When it was granted.
    pub at: Timestamp,
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The client is unknown, revoked, or showed another secret; or its user is inactive.
    Client,
    /// The client is not good for what it asks for.
    Scope,
}

impl Change for GrantToken {
    type Output = Result<Grant, Refusal>;

    fn authorize(&self, _: &Caller, _: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        let refused = |why| Ok(Recorded::unchanged(Err(why)));
        let now = tx.now();
        let secrets = store::api_clients::secrets(tx.read(), self.id, now)?;
        if !secrets.iter().any(|secret| secret.secret_hash == self.secret_hash) {
            return refused(Refusal::Client);
        }
        let mut row = store::api_clients::lock(tx, self.id)?;
        let user = store::users::get(tx.read(), row.user_id)?;
        if row.revoked_at.is_some() || user.status != UserStatus::Active {
            return refused(Refusal::Client);
        }
        let scopes = self.scopes.unwrap_or(row.scopes);
        if !row.scopes.includes(scopes) || scopes.is_empty() {
            return refused(Refusal::Scope);
        }
        store::api_clients::mark_used(tx, &mut row)?;
        if let Some(attempt) = &self.attempt {
            store::attempts::remember(tx, &attempt.place)?;
        }
        // Like the rotation of a refresh token, it is no fact of a user's life.
        Ok(Recorded::unlogged(Unlogged::Token, Ok(Grant { user: user.id, scopes, at: now })))
    }
}
