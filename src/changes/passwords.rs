//! A user's own password.

use super::{Change, entry};
use crate::{
    domain::{
        entry::{Action, Target, TargetType},
        policy::Caller,
    },
    error::{Error, Result},
    journal::{draft::Draft, recorded::Recorded, tx::Tx},
    store,
};

/// Changes the caller's own password, and ends their other sessions. The present password was
/// checked before, outside the writer's thread.
pub struct ChangeOwnPassword {
    /// The stored hash that the present password matched.
    pub verified: String,
    /// The hash of the new password.
    pub new_hash: String,
}

impl Change for ChangeOwnPassword {
    type Output = ();

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        let identity = caller.identity().ok_or_else(Error::invalid_token)?;
        // What makes access takes a person.
        if identity.scopes().is_some() { Err(Error::forbidden()) } else { Ok(()) }
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<()>> {
        let identity = caller.identity().ok_or_else(Error::invalid_token)?;
        let mut user = store::user_locks::lock_exclusive(tx, identity.id)?;
        // It may have been changed since it was checked.
        if user.password_hash.as_ref() != Some(&self.verified) {
            return Err(wrong_password());
        }
        user.password_hash = Some(self.new_hash.clone());
        store::users::update(tx, &mut user)?;
        store::sessions::end_all(tx, user.id, identity.session())?;
        let target = Target { target_type: TargetType::User, id: user.id.any(), name: user.name() };
        // The value is a secret, so the entry has no changes.
        let text = format!("{} changed their password.", user.name());
        let draft = Draft::system(user.id, Action::UserPasswordChanged, text).target(target);
        Ok(Recorded::new((), vec![entry(tx, caller, draft)]))
    }
}

/// The error where the present password is wrong.
pub fn wrong_password() -> Error {
    Error::invalid_field("/current_password", "wrong", "It is not the present password.")
}
