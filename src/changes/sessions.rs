//! Logging in and out.

use super::{Change, entry};
use crate::{
    config::session::SessionDays,
    domain::{
        attempt::Attempt,
        entry::Action,
        ids::{SessionId, UserId},
        policy::Caller,
        session::REFRESH_TOKEN_SECONDS,
        timestamp::Timestamp,
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

/// A session that has started or been extended.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// When the session ends, whatever is refreshed.
    pub ends_at: Timestamp,
}

/// Logs a user in. The password was checked before, outside the writer's thread.
pub struct LogIn {
    /// The user whose account it is.
    pub user: UserId,
    /// How long the session lasts.
    pub days: SessionDays,
    /// The stored hash that the password matched; `None` if it matched none.
    pub verified: Option<String>,
    /// The hash of the refresh token that they will get.
    pub refresh_hash: String,
    /// The attempt, if attempts are counted: its address is a known one from now on.
    pub attempt: Option<Attempt>,
}

impl Change for LogIn {
    /// `None` where the log-in failed, which has an entry too.
    type Output = Option<Live>;

    fn authorize(&self, _: &Caller, _: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Option<Live>>> {
        let user = store::user_locks::lock_exclusive(tx, self.user)?;
        // The password may have been changed since it was checked.
        let verified = self.verified.is_some() && self.verified == user.password_hash;
        if !verified || user.status != UserStatus::Active {
            let text = format!("A log-in as {} failed.", user.name());
            let draft = Draft::system(user.id, Action::SessionLoginFailed, text);
            return Ok(Recorded::new(None, vec![entry(tx, caller, draft)]));
        }
        let ends_at = tx.now().plus_seconds(self.days.seconds());
        let live = Live { user: user.id, session: tx.new_id(), ends_at };
        store::sessions::insert(tx, live.session, user.id)?;
        insert_refresh_token(tx, live, &self.refresh_hash)?;
        if let Some(attempt) = &self.attempt {
            store::attempts::remember(tx, &attempt.place)?;
        }
        let text = format!("{} logged in.", user.name());
        let draft = Draft::system(user.id, Action::SessionLoggedIn, text);
        // The caller was nobody; the entry names the user.
        let written = tx.new_entry(draft, Some(&user.actor()));
        Ok(Recorded::new(Some(live), vec![written]))
    }
}

/// A failed log-in to an account that does not exist. It does in the database what a failed one to a
/// known account does, so that both take the same time (D-33): it looks for a user, and commits a
/// row.
pub struct LogInUnknown {
    /// The name of the row, which housekeeping deletes after a minute.
    pub name: String,
}

impl Change for LogInUnknown {
    type Output = Option<Live>;

    fn authorize(&self, _: &Caller, _: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Option<Live>>> {
        let nobody = tx.new_id();
        store::user_locks::lock_all_exclusive(tx, &[nobody])?;
        store::attempts::count(tx, &self.name)?;
        Ok(Recorded::unlogged(Unlogged::Housekeeping, None))
    }
}

fn insert_refresh_token(tx: &mut Tx<'_>, live: Live, hash: &str) -> Result<()> {
    let expires_at = tx.now().plus_seconds(REFRESH_TOKEN_SECONDS).min(live.ends_at);
    let (token_hash, session_id) = (hash.to_owned(), live.session);
    let row = RefreshTokenRow { token_hash, session_id, expires_at, used_at: None };
    store::sessions::insert_refresh_token(tx, &row)
}

/// Exchanges a refresh token for a new one. A token that was used before ends its session, since
/// somebody may have stolen it (D-20).
pub struct Refresh {
    /// The hash of the token that the client has.
    pub old_hash: String,
    /// The hash of the token that it will get.
    pub new_hash: String,
    /// How long the session lasts.
    pub days: SessionDays,
}

impl Change for Refresh {
    /// `None` where the token was used before, which has ended its session.
    type Output = Option<Live>;

    fn authorize(&self, _: &Caller, _: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Option<Live>>> {
        let now = tx.now();
        let token = store::sessions::lock_refresh_token_exclusive(tx, &self.old_hash)?
            .filter(|token| token.expires_at > now)
            .ok_or_else(Error::invalid_token)?;
        let session = token.session_id;
        let (user, started) =
            store::sessions::lock_live_exclusive(tx, session)?.ok_or_else(Error::invalid_token)?;
        // Not stored: a shorter setting ends the sessions that exist, too (D-34).
        let ends_at = started.plus_seconds(self.days.seconds());
        if ends_at <= now {
            return Err(Error::invalid_token());
        }
        if token.used_at.is_some() {
            let name = store::user_locks::lock_exclusive(tx, user)?.name();
            store::sessions::end(tx, session)?;
            let text = format!("A session of {name} was ended: its refresh token was used twice.");
            let draft = Draft::system(user, Action::SessionLoggedOut, text);
            return Ok(Recorded::new(None, vec![entry(tx, caller, draft)]));
        }
        identity(tx.read(), session, user)?;
        store::sessions::use_refresh_token(tx, &self.old_hash)?;
        let live = Live { user, session, ends_at };
        insert_refresh_token(tx, live, &self.new_hash)?;
        Ok(Recorded::unlogged(Unlogged::Token, Some(live)))
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
        // Of two log-outs at once, the second finds no session.
        store::sessions::lock_live_exclusive(tx, session)?.ok_or_else(Error::invalid_token)?;
        store::sessions::end(tx, session)?;
        let text = format!("{} logged out.", identity.name);
        let draft = Draft::system(identity.id, Action::SessionLoggedOut, text);
        Ok(Recorded::new((), vec![entry(tx, caller, draft)]))
    }
}
