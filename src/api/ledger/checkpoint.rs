//! `/ledger/checkpoint`, `/ledger/key`, `/ledger/consistency`: for everybody, without a token.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::examples;
use crate::{
    api::http::{
        endpoint::{Endpoint, endpoint},
        extract::Query,
    },
    db::{connection::AnyConnection, database::Db},
    error::{Error, Result},
    journal::records::sequencer::size,
    ledger::hash::Hash,
    store::{self, ledger::heads::LedgerHeads},
};

const TEXT: &str = "text/plain; charset=utf-8";

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(get_ledger_checkpoint),
        endpoint!(get_ledger_key),
        endpoint!(get_ledger_consistency),
    ]
}

/// The two sizes of the ledger that a proof connects.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyParams {
    /// The smaller size, at least 1; 1 if it is left out.
    #[param(value_type = Option<i64>, nullable = false, minimum = 1, maximum = 9_223_372_036_854_775_807_i64, default = 1)]
    from: Option<PositiveSize>,
    /// The larger size; that of the present ledger if it is left out.
    #[param(value_type = Option<i64>, nullable = false, minimum = 1, maximum = 9_223_372_036_854_775_807_i64)]
    to: Option<PositiveSize>,
}

/// A size of the ledger, at least 1.
#[derive(Clone, Copy)]
pub struct PositiveSize(u64);

impl<'de> Deserialize<'de> for PositiveSize {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        match text.parse() {
            Ok(size) if (1..=i64::MAX.cast_unsigned()).contains(&size) => Ok(Self(size)),
            _ => Err(serde::de::Error::custom("expected a number from 1")),
        }
    }
}

/// A proof that the ledger only grew (RFC 6962, section 2.1.2).
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"from": 1, "to": 2,
    "proof": ["CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="]}))]
pub struct ConsistencyProof {
    /// The smaller size.
    #[schema(minimum = 1, examples(1))]
    from: i64,
    /// The larger size.
    #[schema(minimum = 1, examples(2))]
    to: i64,
    /// The hashes, each in base64.
    #[schema(max_items = 64)]
    proof: Vec<String>,
}

/// Get the ledger's checkpoint
///
/// Size and root of the present tree, signed: a C2SP `tlog-checkpoint`. Keep one, and you can tell
/// later whether the log has been rewritten. It needs no token.
#[utoipa::path(get, path = "/ledger/checkpoint", tag = "Ledger", security(()),
    responses((status = 200, description = "The signed note.", body = String,
        content_type = "text/plain", example = json!(examples::CHECKPOINT))))]
pub async fn get_ledger_checkpoint(
    db: web::Data<Db>,
    heads: web::Data<LedgerHeads>,
) -> Result<HttpResponse> {
    let heads = heads.get_ref().clone();
    let note = db.read(move |conn| Ok(heads.sign(&heads.present(conn)?))).await?;
    Ok(HttpResponse::Ok().content_type(TEXT).body(note))
}

/// Get the ledger's verifier key
///
/// The key that checkpoints are checked with: a C2SP vkey, whose name is the origin of the ledger.
/// Get it once, from somebody whom you trust, and keep it. It needs no token.
#[utoipa::path(get, path = "/ledger/key", tag = "Ledger", security(()),
    responses((status = 200, description = "The key.", body = String,
        content_type = "text/plain", example = json!(examples::KEY))))]
pub async fn get_ledger_key(heads: web::Data<LedgerHeads>) -> HttpResponse {
    HttpResponse::Ok().content_type(TEXT).body(format!("{}\n", heads.verifier_key()))
}

/// Prove that the ledger only grew
///
/// The proof that the ledger of `from` records is the beginning of the one of `to`. It needs no
/// token.
#[utoipa::path(get, path = "/ledger/consistency", tag = "Ledger", security(()),
    params(ConsistencyParams),
    responses((status = 200, description = "The proof.", body = ConsistencyProof)))]
pub async fn get_ledger_consistency(
    db: web::Data<Db>,
    Query(params): Query<ConsistencyParams>,
) -> Result<HttpResponse> {
    let proof = db.read(move |conn| {
        let from = params.from.map_or(1, |size| size.0);
        consistency(conn, from, params.to.map(|size| size.0))
    });
    Ok(HttpResponse::Ok().json(proof.await?))
}

/// A proof that the tree of `from` records is the beginning of that of `to`, each hash in base64.
///
/// # Errors
/// `invalid_parameter` where the two are not sizes that the ledger has had.
fn consistency(conn: &mut AnyConnection, from: u64, to: Option<u64>) -> Result<ConsistencyProof> {
    let size = size(conn)?.cast_unsigned();
    let to = to.unwrap_or(size);
    if to > size {
        let text = format!("The ledger has {size} records.");
        return Err(Error::invalid_parameter("to", "too_large", text));
    }
    if from > to {
        return Err(Error::invalid_parameter("from", "too_large", "from is at most to."));
    }
    let proof = store::ledger::heads::consistency(conn, from, to)?;
    let proof = proof.into_iter().map(Hash::to_base64).collect();
    Ok(ConsistencyProof { from: from.cast_signed(), to: to.cast_signed(), proof })
}
