//! `/ledger`: every record in its order, for those who follow the log.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{record_json::RecordJson, schema::LedgerPage};
use crate::{
    access::users::visible_among,
    api::http::{
        endpoint::{Endpoint, endpoint},
        extract::{Ctx, Query},
        problem::Problem,
    },
    db::{connection::AnyConnection, reader::Reader, reads::ReadSize},
    domain::{ids::UserId, policy::Caller},
    error::{Error, Result},
    journal::records::sequencer::size,
    store::ledger::{records::page, wordings::wordings},
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(list_ledger_records)]
}

/// The most records of an answer.
const LIMIT_MAX: i64 = 1000;

/// The records of an answer, if nothing is said.
const LIMIT_DEFAULT: i64 = 100;

/// The most seconds that an empty answer is held back.
const WAIT_MAX: i64 = 30;

/// Which part of the ledger is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LedgerParams {
    /// The position of the first record: 0, or the `next` of the answer before.
    #[param(nullable = false, minimum = 0, maximum = 9_223_372_036_854_775_807_i64, default = 0)]
    from: Option<i64>,
    /// How many records at most.
    #[param(nullable = false, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<i64>,
    /// How many seconds an empty answer is held back until there is a record.
    #[param(nullable = false, minimum = 0, maximum = 30, default = 0)]
    wait: Option<i64>,
}

fn within(name: &str, value: Option<i64>, default: i64, low: i64, high: i64) -> Result<i64> {
    let value = value.unwrap_or(default);
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    Err(Error::invalid_parameter(name, "out_of_range", format!("{name} is {low} to {high}.")))
}

/// List the records of the ledger
///
/// Every record that the log ever got, oldest first, in one order that never changes. Ask `from` 0,
/// then from the `next` of each answer: you miss nothing, however changes are committed.
///
/// Who may not see everybody gets the records of those whom they may see; `next` moves over all.
#[utoipa::path(get, path = "/ledger", tag = "Ledger", params(LedgerParams),
    responses(
        (status = 200, description = "A part of the ledger.", body = LedgerPage),
        (status = 409, description = "`conflict`: `from` is beyond the ledger.", body = Problem,
            content_type = "application/problem+json")))]
pub async fn list_ledger_records(
    ctx: Ctx,
    Query(params): Query<LedgerParams>,
) -> Result<HttpResponse> {
    let from = within("from", params.from, 0, 0, i64::MAX)?;
    let limit = within("limit", params.limit, LIMIT_DEFAULT, 1, LIMIT_MAX)?;
    let wait = within("wait", params.wait, 0, 0, WAIT_MAX)?;
    let wait = Duration::from_secs(wait.unsigned_abs());
    let begun = Instant::now();
    let mut from = from;
    loop {
        let read = move |conn: &mut Reader<'_>, caller: &Caller| read(conn, caller, from, limit);
        let part = ctx.read_in_turn(ReadSize::List, read).await?;
        if !part.data.is_empty() || begun.elapsed() >= wait {
            return Ok(HttpResponse::Ok().json(part));
        }
        // What the caller may not see is not looked at again.
        from = part.next;
        if part.next == part.size {
            ctx.ledger_grown(part.size, wait.saturating_sub(begun.elapsed())).await;
        }
    }
}

/// A part of the ledger, as a caller sees it.
#[derive(Serialize)]
struct Part {
    data: Vec<RecordJson>,
    next: i64,
    size: i64,
}

fn read(conn: &mut AnyConnection, caller: &Caller, from: i64, limit: i64) -> Result<Part> {
    let size = size(conn)?;
    if from > size {
        let text = format!("The ledger has {size} records.");
        return Err(Error::conflict(text));
    }
    let mut rows = page(conn, from, limit.min(size - from))?;
    let next = rows.last().map_or(from, |row| row.position + 1);
    let users: BTreeSet<UserId> = rows.iter().filter_map(|row| row.user_id).collect();
    let visible = visible_among(conn, caller, users)?;
    rows.retain(|row| row.user_id.is_none_or(|user| visible.contains(&user)));
    let wordings = wordings(conn, &rows)?;
    let data = rows.iter().map(|row| RecordJson::new(row, wordings.get(&row.position)));
    Ok(Part { data: data.collect(), next, size })
}
