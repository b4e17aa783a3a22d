//! Trainings outside of the platform. Logged once, never changed.

use diesel::prelude::*;

use super::page::{Slice, Window};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::external_training,
    },
    domain::{
        date::Date,
        entry::{Target, TargetType},
        ids::{TrainingId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
    journal::tx::Tx,
};

/// One training outside of the platform, as it is stored.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = external_training)]
#[allow(missing_docs, reason = "the columns")]
pub struct TrainingRow {
    pub id: TrainingId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub user_id: UserId,
    pub title: String,
    pub provider: Option<String>,
    pub completed_on: Date,
    pub hours: Option<f64>,
}

impl TrainingRow {
    /// As entries name it.
    pub fn target(&self) -> Target {
        let name = self.title.clone();
        Target { target_type: TargetType::ExternalTraining, id: self.id.any(), name }
    }
}

/// One page of a user's trainings, the one that was logged last first: their ids ascend with time.
///
/// # Errors
/// Of the database.
pub fn list(
    conn: &mut AnyConnection,
    user: UserId,
    window: &Window<TrainingId>,
) -> Result<Slice<TrainingRow>> {
    let mut query = external_training::table
        .filter(external_training::user_id.eq(user))
        .into_boxed::<MultiBackend>();
    if let Some(id) = window.after {
        query = query.filter(external_training::id.lt(id));
    }
    let query = query.order(external_training::id.desc()).limit(window.fetch());
    Ok(Slice::cut(query.load(conn)?, window.limit))
}

/// How many trainings a user has.
///
/// # Errors
/// Of the database.
pub fn count(conn: &mut AnyConnection, user: UserId) -> Result<i64> {
    let of_user = external_training::table.filter(external_training::user_id.eq(user));
    Ok(of_user.count().get_result(conn)?)
}

/// Adds a training.
///
/// # Errors
/// Of the database.
pub fn insert(tx: &mut Tx<'_>, row: &TrainingRow) -> Result<()> {
    diesel::insert_into(external_training::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}
