//! Access tokens for API clients.

use super::Change;
use crate::{
    domain::{
        attempt::Attempt,
        ids::{ApiClientId, UserId},
        policy::Caller,
        scope::Scopes,
        timestamp::Timestamp,
        user::UserStatus,
    },
    error::Result,
    journal::{
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
    store,
};

/// Grants an access token to an API client that presents its secret.
pub struct GrantToken {
    /// The client.
    pub id: ApiClientId,
    /// The hash of the secret that it presents.
    pub secret_hash: String,
    /// The scopes of the token; those of the client, if it asks for none.
    pub scopes: Option<Scopes>,
    /// The attempt, if attempts are counted: its address is a known one from now on.
    pub attempt: Option<Attempt>,
}

/// What a token grants.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// The user that the client acts as.
    pub user: UserId,
    /// The scopes of the token.
    pub scopes: Scopes,
    /// The time of the grant.
    pub at: Timestamp,
}

/// The reason for refusing a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The client is unknown or revoked, its secret is wrong, or its user is inactive.
    Client,
    /// The client does not have the scopes that it asks for.
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
        Ok(Recorded::unlogged(Unlogged::Token, Ok(Grant { user: user.id, scopes, at: now })))
    }
}
