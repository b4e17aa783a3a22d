//! The rules that adding and editing a note have in common.

use crate::{
    domain::{
        entry::Actor,
        policy::{Relation, may_be_author},
        timestamp::Timestamp,
        user::{Role, UserStatus},
    },
    error::{Error, Result},
    journal::tx::Tx,
    store::users::UserRow,
};

/// The noun for `created_by` in errors.
pub(super) const AUTHOR: &str = "user on the Created By list";

/// The noun for `relates_to` in errors.
pub(super) const RELATED: &str = "entry in this log";

/// A user whom a note names as its author.
pub(super) struct Candidate {
    pub(super) role: Role,
    pub(super) status: UserStatus,
    pub(super) actor: Actor,
}

impl From<&UserRow> for Candidate {
    fn from(row: &UserRow) -> Self {
        Self { role: row.role, status: row.status, actor: row.actor() }
    }
}

/// The author of a note, if they are on the Created By list of the log.
///
/// # Errors
/// `validation_failed`.
pub(super) fn check_author(candidate: Option<Candidate>, relation: Relation) -> Result<Actor> {
    match candidate {
        Some(it) if may_be_author(it.role, it.status, relation) => Ok(it.actor),
        _ => Err(Error::unknown_reference("/created_by", AUTHOR)),
    }
}

/// Refuses a time in the future.
///
/// # Errors
/// `validation_failed`.
pub(super) fn check_time(tx: &Tx<'_>, time: Timestamp) -> Result<()> {
    if time <= tx.now() {
        return Ok(());
    }
    let text = "A note tells of what has happened: occurred_at can't be in the future.";
    Err(Error::invalid_field("/occurred_at", "in_future", text))
}
