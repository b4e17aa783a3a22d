//! `/ledger/tile/…`: the hashes of the tree, and the leaves (C2SP `tlog-tiles`). Not in the document:
//! the format is that of C2SP.

use actix_web::{HttpResponse, http::Method, http::header, web};

use super::proof::leaf_of;
use crate::{
    api::http::{endpoint::resource, extract::Ctx},
    db::{connection::AnyConnection, database::Db, reads::ReadSize},
    domain::{
        policy::{Act, Relation},
        text::decimal,
    },
    error::{Error, Result},
    journal::records::{sequencer::size, tiles::read_tile},
    ledger::tile::{LEVEL_MAX, TILE_WIDTH, TileId, parse_tile_path},
    store::ledger::{records::page, wordings::wordings},
};

/// A tile, once it is there, never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// The leaves are for those who may see everybody; nobody between may keep them.
const PRIVATE_FOREVER: &str = "private, max-age=31536000, immutable";

/// The resources.
pub fn register(config: &mut web::ServiceConfig) {
    let get = |path: &str| resource(path, vec![Method::GET]);
    config
        .service(
            get("/ledger/tile/entries/{path:.*}")
                .route(web::get().to(entries))
                .route(web::head().to(entries)),
        )
        .service(
            get("/ledger/tile/{level}/{path:.*}")
                .route(web::get().to(hashes))
                .route(web::head().to(hashes)),
        );
}

async fn hashes(path: web::Path<(String, String)>, db: web::Data<Db>) -> Result<HttpResponse> {
    let (level, path) = path.into_inner();
    let level = decimal(&level).filter(|level| *level <= LEVEL_MAX);
    let level = level.ok_or_else(Error::not_found)?;
    let (index, width) = parse_tile_path(&path).map_err(|_| Error::not_found())?;
    let tile = TileId { level, index };
    let hashes = db.read(move |conn| {
        let size = width_in(conn, tile, width)?;
        read_tile(conn, tile, size)
    });
    let width = usize::try_from(width).map_err(Error::internal)?;
    let bytes: Vec<u8> = hashes.await?.iter().take(width).flat_map(|it| it.0).collect();
    Ok(binary(FOREVER, bytes))
}

/// The size of the ledger, where the tile has the width in it that is asked for.
fn width_in(conn: &mut AnyConnection, tile: TileId, width: u64) -> Result<u64> {
    let size = size(conn)?.cast_unsigned();
    if tile.width(size) < width { Err(Error::not_found()) } else { Ok(size) }
}

/// The leaves of a tile of level 0, each behind its length in two bytes.
async fn entries(path: web::Path<String>, ctx: Ctx) -> Result<HttpResponse> {
    let (index, width) = parse_tile_path(&path).map_err(|_| Error::not_found())?;
    let bundle = ctx.read_in_turn(ReadSize::List, move |conn, caller| {
        caller.must(Act::SeeUser(Relation::default()))?;
        let tile = TileId { level: 0, index };
        width_in(conn, tile, width)?;
        let from = (index * TILE_WIDTH).cast_signed();
        let rows = page(conn, from, width.cast_signed())?;
        let wordings = wordings(conn, &rows)?;
        let mut bundle = Vec::new();
        for row in &rows {
            let leaf = leaf_of(row, wordings.get(&row.position))?;
            let length = u16::try_from(leaf.len()).map_err(Error::internal)?;
            bundle.extend(length.to_be_bytes());
            bundle.extend(leaf);
        }
        Ok(bundle)
    });
    Ok(binary(PRIVATE_FOREVER, bundle.await?))
}

fn binary(cache: &'static str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((header::CACHE_CONTROL, cache))
        .body(bytes)
}
