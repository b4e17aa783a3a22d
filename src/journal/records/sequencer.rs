//! The sequencer of PostgreSQL: it gives pending records their positions, one replica at a time.
//!
//! Pending records have numbers (`seq`), taken when they were written. Who depends on a record (a note
//! that explains an entry, a later wording) wrote after its commit, and so has a later number. A record
//! whose transaction is still running is not seen, and gets its position in a later round: nobody waits
//! for it, and one that is rolled back leaves no gap.

use diesel::{prelude::*, sql_query, sql_types::BigInt};

use super::tiles;
use crate::{
    db::{connection::AnyConnection, database::Db, schema::ledger_head},
    error::{Error, Result},
};

/// Records that one transaction moves, at most.
const PORTION: i64 = 2000;

/// What a round of the sequencer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequenced {
    /// The size of the ledger; none where another replica is at work.
    pub size: Option<i64>,
    /// Whether more may be waiting.
    pub more: bool,
}

impl Db {
    /// Gives the records that wait for it their positions, up to a bounded number. On SQLite they have
    /// them from the start.
    ///
    /// # Errors
    /// `unavailable` where the database is away.
    pub async fn sequence(&self) -> Result<Sequenced> {
        if self.url().is_sqlite() {
            return self.read(|conn| Ok(Sequenced { size: Some(size(conn)?), more: false })).await;
        }
        self.writers().run(sequence).await
    }
}

/// How many records have a position.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn size(conn: &mut AnyConnection) -> Result<i64> {
    Ok(ledger_head::table.select(ledger_head::size).first(conn)?)
}

/// Gives pending records of PostgreSQL their positions, in a transaction of the caller.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn sequence(conn: &mut AnyConnection) -> Result<Sequenced> {
    let AnyConnection::Postgres(postgres) = conn else {
        return Err(Error::internal("only PostgreSQL has a sequencer"));
    };
    // One replica at a time: the others find what is left.
    let locked: Option<i64> = ledger_head::table
        .select(ledger_head::size)
        .for_update()
        .skip_locked()
        .first(postgres)
        .optional()?;
    let Some(before) = locked else { return Ok(Sequenced { size: None, more: false }) };
    let moved = sql_query(
        "WITH portion AS ( \
             DELETE FROM ledger_pending WHERE seq IN ( \
                 SELECT seq FROM ledger_pending ORDER BY seq LIMIT $2) \
             RETURNING *) \
         INSERT INTO ledger (position, kind, recorded_at, user_id, entry_id, revision, leaf_hash, \
             seed, salts, facts, reason) \
         SELECT $1 + row_number() OVER (ORDER BY seq) - 1, kind, recorded_at, user_id, entry_id, \
             revision, leaf_hash, seed, salts, facts, reason \
         FROM portion",
    )
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(PORTION)
    .execute(postgres)?;
    let moved = i64::try_from(moved).map_err(Error::internal)?;
    let after = before + moved;
    if moved > 0 {
        diesel::update(ledger_head::table).set(ledger_head::size.eq(after)).execute(postgres)?;
        tiles::fill(conn, before.cast_unsigned(), after.cast_unsigned())?;
    }
    Ok(Sequenced { size: Some(after), more: moved == PORTION })
}
