//! Changes of external training.

use super::{Change, entry};
use crate::{
    access::users::act_on_user,
    domain::{
        date::Date,
        entry::Action,
        ids::UserId,
        policy::{Act, Caller},
    },
    error::{Error, Result},
    journal::{draft::Draft, recorded::Recorded, tx::Tx},
    store::{self, external_training::TrainingRow},
};

/// Logs a training that a user completed outside the platform.
pub struct LogExternalTraining {
    /// The user.
    pub user: UserId,
    /// Its title.
    pub title: String,
    /// Its provider.
    pub provider: Option<String>,
    /// The day of its completion, in the time zone where the user was.
    pub completed_on: Date,
    /// Its duration in hours.
    pub hours: Option<f64>,
}

impl Change for LogExternalTraining {
    type Output = TrainingRow;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        act_on_user(tx.read(), caller, self.user, Act::ChangeUser)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<TrainingRow>> {
        // A day has no time zone: somewhere, tomorrow has begun already.
        if self.completed_on > Date::latest_at(tx.now()) {
            let text = "It can't be in the future.";
            return Err(Error::invalid_field("/completed_on", "in_future", text));
        }
        let user = store::user_locks::lock_exclusive(tx, self.user)?;
        let row = TrainingRow {
            id: tx.new_id(),
            created_at: tx.now(),
            updated_at: tx.now(),
            user_id: user.id,
            title: self.title.clone(),
            provider: self.provider.clone(),
            completed_on: self.completed_on,
            hours: self.hours,
        };
        store::external_training::insert(tx, &row)?;
        let text = format!(
            "The external training “{}” of {}, completed on {}, was logged.",
            row.title,
            user.name(),
            row.completed_on
        );
        let draft =
            Draft::system(user.id, Action::ExternalTrainingLogged, text).target(row.target());
        Ok(Recorded::new(row, vec![entry(tx, caller, draft)]))
    }
}
