//! `/users/{user_id}/activity/{entry_id}/proof`: that an entry stands in the ledger.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::examples;
use crate::{
    access::users::see_user,
    api::http::{
        endpoint::{Endpoint, endpoint},
        extract::{Ctx, Path, Query},
        media_range::accepts_any,
    },
    db::connection::AnyConnection,
    domain::{
        committed_field::CommittedField,
        ids::{EntryId, UserId},
        record::RecordKind,
    },
    error::{Error, Result},
    journal::{
        entry::row::EntryRow,
        records::{
            facts::{entry_facts, entry_texts},
            sequencer::size,
            tiles::StoredNodes,
        },
    },
    ledger::{
        hash::Hash,
        leaf::leaf,
        proof::{Disclosure, Disclosures, Proof},
        tree,
    },
    store::{
        self,
        ledger::{
            heads::LedgerHeads,
            records::{RecordRow, find},
            wordings::wordings,
        },
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(get_entry_proof)]
}

/// How long a proof waits for an entry that has no position yet.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which wording of a note a proof is of.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProofParams {
    /// An earlier wording of a note; the present one if it is left out. A system entry has none.
    #[param(nullable = false, minimum = 1, maximum = 9_223_372_036_854_775_807_i64)]
    revision: Option<i64>,
}

/// A proof that an entry stands in the ledger, which anybody can check who has the verifier key.
#[derive(Serialize, ToSchema)]
#[schema(example = json!(examples::proof()))]
pub struct EntryProof {
    /// The position of the record.
    #[schema(minimum = 0, examples(41))]
    position: i64,
    /// The size of the tree that the checkpoint is of.
    #[schema(minimum = 1, examples(42))]
    size: i64,
    /// The very bytes that are hashed: JSON in the form of RFC 8785.
    leaf: String,
    /// The fields that the leaf commits to, by name: each with its salt and its value.
    disclosures: BTreeMap<CommittedField, DisclosedField>,
    /// The audit path (RFC 6962, section 2.1.1), each hash in base64.
    #[schema(max_items = 64)]
    inclusion: Vec<String>,
    /// The signed checkpoint.
    checkpoint: String,
    /// The verifier key. Compare it with the one that you have kept.
    key: String,
}

/// A field that a leaf commits to, disclosed.
#[derive(Serialize, ToSchema)]
pub struct DisclosedField {
    /// The salt, in base64url without padding.
    salt: String,
    /// The value.
    value: serde_json::Value,
}

/// Get the proof of an entry
///
/// That the entry stands in the ledger, at which position, and what it said: as JSON, or with
/// `Accept: text/plain` as a C2SP `tlog-proof@v1` file. `daybook verify proof` checks either form,
/// without a database and without a network.
///
/// An entry that was written just now may not have its position yet: the answer waits for it, two
/// seconds at most.
#[utoipa::path(get, path = "/users/{user_id}/activity/{entry_id}/proof", tag = "Ledger",
    params(("user_id" = UserId, Path), ("entry_id" = EntryId, Path), ProofParams),
    responses((status = 200, description = "The proof.",
        content((EntryProof = "application/json"), (String = "text/plain", example = json!(examples::PROOF_FILE))))))]
pub async fn get_entry_proof(
    request: HttpRequest,
    ctx: Ctx,
    heads: web::Data<LedgerHeads>,
    Path((user, id)): Path<(UserId, EntryId)>,
    Query(params): Query<ProofParams>,
) -> Result<HttpResponse> {
    if params.revision.is_some_and(|revision| revision < 1) {
        let text = "revision is a number from 1.";
        return Err(Error::invalid_parameter("revision", "out_of_range", text));
    }
    let begun = Instant::now();
    let proof = loop {
        let heads = heads.get_ref().clone();
        let revision = params.revision;
        let read = ctx.read(move |conn, caller| {
            let size = size(conn)?;
            see_user(conn, caller, user)?;
            let row = store::log::entries::get(conn, user, id)?;
            // A system entry has one wording, without a number.
            if revision > row.revision {
                return Err(Error::not_found());
            }
            match find(conn, id, revision.or(row.revision))? {
                Some(record) => prove(conn, &heads, &record).map(Ok),
                None => Ok(Err(size)),
            }
        });
        match read.await? {
            Ok(proof) => break proof,
            Err(_) if begun.elapsed() >= PATIENCE => {
                return Err(Error::unavailable("the entry has no position yet"));
            }
            Err(size) => ctx.ledger_grown(size, PATIENCE.saturating_sub(begun.elapsed())).await,
        }
    };
    if wants_text(&request) {
        let text = proof.to_text().map_err(Error::internal)?;
        return Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text));
    }
    Ok(HttpResponse::Ok().json(proof))
}

/// Whether the client takes text and no JSON.
fn wants_text(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let takes = |media_type: &str| accepts_any(accept.unwrap_or("*/*"), &[media_type.to_owned()]);
    takes("text/plain") && !takes("application/json")
}

fn prove(conn: &mut AnyConnection, heads: &LedgerHeads, record: &RecordRow) -> Result<Proof> {
    let wordings = wordings(conn, std::slice::from_ref(record))?;
    let wording = wordings.get(&record.position);
    let leaf = leaf_of(record, wording)?;
    let disclosures = wording.map_or_else(|| Ok(Disclosures::new()), |it| disclosed(record, it))?;
    let position = record.position.cast_unsigned();
    let head = heads.with_position(conn, position)?;
    let path = tree::inclusion(&mut StoredNodes::new(conn, head.size), position, head.size)?;
    Ok(Proof {
        position,
        size: head.size,
        leaf: String::from_utf8(leaf).map_err(Error::internal)?,
        disclosures,
        inclusion: path.into_iter().map(Hash::to_base64).collect(),
        checkpoint: heads.sign(&head),
        key: heads.verifier_key(),
    })
}

/// The leaf of a record, made from its rows.
///
/// # Errors
/// `internal_error` where the rows are not what was recorded.
pub fn leaf_of(record: &RecordRow, wording: Option<&EntryRow>) -> Result<Vec<u8>> {
    if !matches!(record.kind, RecordKind::Entry | RecordKind::Revision) {
        return Err(Error::internal(format!("record {} has no known form", record.position)));
    }
    let Some(wording) = wording else {
        return Err(Error::internal(format!("the entry of record {} is gone", record.position)));
    };
    let commitments =
        record.salts()?.commitments(&entry_texts(wording)).map_err(Error::internal)?;
    let leaf = leaf(&entry_facts(wording), record.recorded_at, &commitments);
    let leaf = leaf.map_err(Error::internal)?;
    if crate::ledger::hash::leaf_hash(&leaf) != record.hash()? {
        let text = format!("the entry of record {} is not what was recorded", record.position);
        return Err(Error::internal(text));
    }
    Ok(leaf)
}

fn disclosed(record: &RecordRow, wording: &EntryRow) -> Result<Disclosures> {
    let salts = record.salts()?;
    let values = entry_texts(wording).values().map_err(Error::internal)?;
    let fields = values.into_iter().filter_map(|(field, value)| {
        let salt = salts.salt(field)?.to_base64url();
        Some((field.as_str().to_owned(), Disclosure { salt, value }))
    });
    Ok(fields.collect())
}
