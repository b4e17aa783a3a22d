//! Logging in and out.

use super::{Change, entry};
use crate::{
    domain::{
        attempt::Attempt,
        entry::Action,
        ids::{SessionId, UserId},
        policy::Caller,
        session::REFRESH_TOKEN_SECONDS,
        user::UserStatus,
    },
    error::{Error, Result},
    journal::{
        draft::Draft,
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
    store::{
        self,
        sessions::{RefreshTokenRow, identity},
    },
};

/// A session that began or goes on: whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
}

/// Logs a user in whose password was checked already, off the writer's thread.
pub struct LogIn {
    /// The user whose account it is.
    pub user: UserId,
    /// The stored hash that the password was found to match; none if it matched none.
    pub verified: Option<String>,
    /// The hash of the refresh token that he will get.
    pub refresh_hash: String,
    /// Where he is known from now on, if attempts are counted.
    pub attempt: Option<Attempt>,
}

impl Change for LogIn {
    /// None: the log-in failed, and the log says so.
    type Output = Option<Live>;

    fn authorize(&self, _: &Caller, _: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Option<Live>>> {
        let user = store::user_locks::lock(tx, self.user)?;
        // The password may have been changed since it was checked.
        let known = self.verified.is_some() && self.verified == user.password_hash;
        if !known || user.status != UserStatus::Active {
            let text = format!("A log-in as {} failed.", user.name());
            let draft = Draft::system(user.id, Action::SessionLoginFailed, text);
            return Ok(Recorded::new(None, vec![entry(tx, caller, draft)]));
        }
        let live = Live { user: user.id, session: tx.new_id() };
        store::sessions::insert(tx, live.session, user.id)?;
        insert_refresh_token(tx, live.session, &self.refresh_hash)?;
        if let Some(attempt) = &self.attempt {
            store::attempts::remember(tx, &attempt.place)?;
        }
        let text = format!("{} logged in.", user.name());
        let draft = Draft::system(user.id, Action::SessionLoggedIn, text);
        // Nobody until now; from now on, himself.
        let written = tx.new_entry(draft, Some(&user.actor()));
        Ok(Recorded::new(Some(live), vec![written]))
    }
}

fn insert_refresh_token(tx: &mut Tx<'_>, session: SessionId, hash: &str) -> Result<()> {
    let expires_at = tx.now().plus_seconds(REFRESH_TOKEN_SECONDS);
    let token_hash = hash.to_owned();
    let row = RefreshTokenRow { token_hash, session_id: session, expires_at, used_at: None };
    store::sessions::insert_refresh_token(tx, &row)
}

/// Exchanges a refresh token for a new one. One that was used before ends its session: of the two
/// who have it, one has stolen it.
pub struct Refresh {
    /// The hash of the token that the client has.
    pub old_hash: String,
    /// The hash of the token that it will get.
    pub new_hash: String,
}

impl Change for Refresh {
    /// None: the token was used before, its session has ended now.
    type Output = Option<Live>;

    fn authorize(&self, _: &Caller, _: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Option<Live>>> {
        let now = tx.now();
        let token = store::sessions::lock_refresh_token(tx, &self.old_hash)?
            .filter(|token| token.expires_at > now)
            .ok_or_else(Error::invalid_token)?;
        let session = token.session_id;
        let user = store::sessions::lock_live(tx, session)?.ok_or_else(Error::invalid_token)?;
        if token.used_at.is_some() {
            let name = store::user_locks::lock(tx, user)?.name();
            store::sessions::end(tx, session)?;
            let text = format!("A session of {name} was ended: its refresh token was used twice.");
            let draft = Draft::system(user, Action::SessionLoggedOut, text);
            return Ok(Recorded::new(None, vec![entry(tx, caller, draft)]));
        }
        identity(tx.read(), session, user)?;
        store::sessions::use_refresh_token(tx, &self.old_hash)?;
        insert_refresh_token(tx, session, &self.new_hash)?;
        Ok(Recorded::unlogged(Unlogged::Token, Some(Live { user, session })))
    }
}

/// Ends the session of the caller's token.
pub struct LogOut;

impl Change for LogOut {
    type Output = ();

    const ENDS_SESSION: bool = true;

    fn authorize(&self, _: &Caller, _: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        let identity = caller.identity().ok_or_else(Error::invalid_token)?;
        let session = identity.session().ok_or_else(Error::forbidden)?;
        // Two log-outs at once: the second one comes too late.
        store::sessions::lock_live(tx, session)?.ok_or_else(Error::invalid_token)?;
        store::sessions::end(tx, session)?;
        let text = format!("{} logged out.", identity.name);
        let draft = Draft::system(identity.id, Action::SessionLoggedOut, text);
        Ok(Recorded::new((), vec![entry(tx, caller, draft)]))
    }
}
