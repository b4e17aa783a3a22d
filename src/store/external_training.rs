//! Trainings outside of the platform. Logged once, never changed.

use diesel::prelude::*;

use super::page::{ListQuery, PageRequest};
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

/// The trainings of a user, the one that was logged last first: their ids ascend with time.
#[derive(Clone, Copy, Debug)]
pub struct TrainingQuery {
    /// Whose trainings.
    pub user: UserId,
}

impl ListQuery for TrainingQuery {
    type Scope = ();
    type Row = TrainingRow;
    type Position = TrainingId;

    fn rows(
        &self,
        conn: &mut AnyConnection,
        (): &(),
        request: &PageRequest<Self::Position>,
    ) -> Result<Vec<Self::Row>> {
        let mut query = external_training::table
            .filter(external_training::user_id.eq(self.user))
            .into_boxed::<MultiBackend>();
        if let Some(id) = request.after {
            query = query.filter(external_training::id.lt(id));
        }
        Ok(query.order(external_training::id.desc()).limit(request.fetch_limit()).load(conn)?)
    }

    fn count(&self, conn: &mut AnyConnection, (): &()) -> Result<i64> {
        let of_user = external_training::table.filter(external_training::user_id.eq(self.user));
        Ok(of_user.count().get_result(conn)?)
    }

    fn position(&self, row: &Self::Row) -> Self::Position {
        row.id
    }
}

/// Adds a training.
pub fn insert(tx: &mut Tx<'_>, row: &TrainingRow) -> Result<()> {
    diesel::insert_into(external_training::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}
