//! How records get into the ledger: on SQLite with their positions, in the commit of their change;
//! on PostgreSQL without, for the sequencer.

use diesel::{
    PgConnection, SqliteConnection,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Binary, Nullable, Text},
};

use super::{new_record::NewRecord, tiles};
use crate::{
    db::{
        connection::AnyConnection,
        schema::{ledger, ledger_head, ledger_pending},
        types::{SqlId, SqlTime},
    },
    domain::{
        ids::{EntryId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
};

/// Records in one statement.
const ROWS: usize = 1000;

/// Writes records in their order.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn append(conn: &mut AnyConnection, records: &[NewRecord]) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let (before, after) = match conn {
        AnyConnection::Postgres(conn) => return Ok(to_pending(conn, records)?),
        AnyConnection::Sqlite(conn) => with_positions(conn, records)?,
    };
    tiles::fill(conn, before.cast_unsigned(), after.cast_unsigned())
}

/// The size of the ledger before and after.
fn with_positions(conn: &mut SqliteConnection, records: &[NewRecord]) -> QueryResult<(i64, i64)> {
    let before: i64 = ledger_head::table.select(ledger_head::size).first(conn)?;
    let mut position = before;
    for record in records {
        let NewRecord { kind, recorded_at, user_id, entry_id, revision, .. } = record;
        diesel::insert_into(ledger::table)
            .values((
                ledger::position.eq(position),
                ledger::kind.eq(*kind),
                ledger::recorded_at.eq(*recorded_at),
                ledger::user_id.eq(*user_id),
                ledger::entry_id.eq(*entry_id),
                ledger::revision.eq(*revision),
                ledger::leaf_hash.eq(&record.leaf_hash),
                ledger::seed.eq(record.seed.as_deref()),
                ledger::salts.eq(record.salts.as_deref()),
                ledger::facts.eq(record.facts.as_deref()),
                ledger::reason.eq(record.reason.as_deref()),
            ))
            .execute(conn)?;
        position += 1;
    }
    diesel::update(ledger_head::table).set(ledger_head::size.eq(position)).execute(conn)?;
    Ok((before, position))
}

fn to_pending(conn: &mut PgConnection, records: &[NewRecord]) -> QueryResult<()> {
    for records in records.chunks(ROWS) {
        match records {
            // Most changes have one entry.
            [record] => {
                diesel::insert_into(ledger_pending::table).values(record).execute(conn)?;
            }
            records => {
                Columns::new(records).execute(conn)?;
            }
        }
    }
    Ok(())
}

/// Records as columns, each an array, so that the statement's text is always the same.
struct Columns<'a> {
    kinds: Vec<&'static str>,
    times: Vec<Timestamp>,
    users: Vec<Option<UserId>>,
    entries: Vec<Option<EntryId>>,
    revisions: Vec<Option<i64>>,
    leaf_hashes: Vec<&'a [u8]>,
    seeds: Vec<Option<&'a [u8]>>,
    salts: Vec<Option<&'a str>>,
    facts: Vec<Option<&'a str>>,
    reasons: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn new(records: &'a [NewRecord]) -> Self {
        Self {
            kinds: records.iter().map(|it| it.kind.as_str()).collect(),
            times: records.iter().map(|it| it.recorded_at).collect(),
            users: records.iter().map(|it| it.user_id).collect(),
            entries: records.iter().map(|it| it.entry_id).collect(),
            revisions: records.iter().map(|it| it.revision).collect(),
            leaf_hashes: records.iter().map(|it| it.leaf_hash.as_slice()).collect(),
            seeds: records.iter().map(|it| it.seed.as_deref()).collect(),
            salts: records.iter().map(|it| it.salts.as_deref()).collect(),
            facts: records.iter().map(|it| it.facts.as_deref()).collect(),
            reasons: records.iter().map(|it| it.reason.as_deref()).collect(),
        }
    }
}

impl QueryFragment<Pg> for Columns<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO ledger_pending (kind, recorded_at, user_id, entry_id, revision, \
             leaf_hash, seed, salts, facts, reason) \
             SELECT kind, recorded_at, user_id, entry_id, revision, leaf_hash, seed, salts, facts, \
             reason FROM unnest(",
        );
        out.push_bind_param::<Array<Text>, _>(&self.kinds)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SqlTime>, _>(&self.times)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<SqlId>>, _>(&self.users)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<SqlId>>, _>(&self.entries)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<BigInt>>, _>(&self.revisions)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Binary>, _>(&self.leaf_hashes)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Binary>>, _>(&self.seeds)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.salts)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.facts)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.reasons)?;
        // The numbers of the records ascend in their order.
        out.push_sql(
            ") WITH ORDINALITY AS it (kind, recorded_at, user_id, entry_id, revision, leaf_hash, \
             seed, salts, facts, reason, at) ORDER BY at",
        );
        Ok(())
    }
}

impl QueryId for Columns<'_> {
    type QueryId = Columns<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for Columns<'_> {}
