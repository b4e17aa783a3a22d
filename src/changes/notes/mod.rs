//! Notes: the manual entries of a log.

mod add;
mod edit;

pub use add::{AddNote, NoteFacts};
pub use edit::EditNote;

use crate::{
    domain::{
        policy::{Relation, may_write_notes},
        timestamp::Timestamp,
        user::{Role, UserStatus},
    },
    error::{Error, Result},
    journal::tx::Tx,
};

/// What `created_by` names.
const AUTHOR: &str = "user on the Created By list";

/// What `relates_to` names.
const RELATED: &str = "entry in this log";

/// Whether a user is on the Created By list of a log: active, and allowed to add a note to it.
fn is_author(role: Role, status: UserStatus, relation: Relation) -> bool {
    status == UserStatus::Active && may_write_notes(role, relation)
}

fn check_time(tx: &Tx<'_>, time: Timestamp) -> Result<()> {
    if time <= tx.now() {
        return Ok(());
    }
    let text = "A note tells of what has happened: occurred_at can't be in the future.";
    Err(Error::invalid_field("/occurred_at", "in_future", text))
}
