//! Tiles of the tree in the database: filled as the ledger grows, and read for roots and proofs.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::{
    db::{
        connection::AnyConnection,
        schema::{ledger, ledger_tiles},
    },
    error::{Error, Result},
    ledger::{
        hash::{HASH_BYTES, Hash},
        tile::{TILE_HEIGHT, TILE_WIDTH, TileId, subtree_root},
        tree::Nodes,
    },
};

/// The hashes of a tile in a tree of `size` leaves.
///
/// # Errors
/// `internal_error` where hashes are missing.
pub fn read_tile(conn: &mut AnyConnection, tile: TileId, size: u64) -> Result<Vec<Hash>> {
    let width = usize::try_from(tile.width(size)).map_err(Error::internal)?;
    let stored = if tile.level == 0 && width < TILE_WIDTH as usize {
        leaf_hashes(conn, tile.index * TILE_WIDTH, width)?
    } else {
        hashes(&stored_tile(conn, tile)?.unwrap_or_default())?
    };
    let hashes = stored.get(..width).map(<[Hash]>::to_vec);
    hashes.ok_or_else(|| Error::internal(format!("tile {tile:?} lacks hashes")))
}

/// The hashes of a tile one after another, as they are stored, if it is.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn stored_tile(conn: &mut AnyConnection, tile: TileId) -> Result<Option<Vec<u8>>> {
    let row = ledger_tiles::table.find((i32::from(tile.level), signed(tile.index)?));
    Ok(row.select(ledger_tiles::hashes).first(conn).optional()?)
}

/// The hashes of leaves, from one position on.
fn leaf_hashes(conn: &mut AnyConnection, from: u64, count: usize) -> Result<Vec<Hash>> {
    let from = signed(from)?;
    let to = from.saturating_add(i64::try_from(count).map_err(Error::internal)?);
    let rows: Vec<Vec<u8>> = ledger::table
        .filter(ledger::position.ge(from).and(ledger::position.lt(to)))
        .order(ledger::position)
        .select(ledger::leaf_hash)
        .load(conn)?;
    rows.iter().map(|bytes| Hash::from_slice(bytes).ok_or_else(broken)).collect()
}

fn hashes(bytes: &[u8]) -> Result<Vec<Hash>> {
    let (chunks, rest) = bytes.as_chunks::<HASH_BYTES>();
    if rest.is_empty() { Ok(chunks.iter().map(|it| Hash(*it)).collect()) } else { Err(broken()) }
}

fn broken() -> Error {
    Error::internal("a hash of the ledger does not have 32 bytes")
}

fn signed(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(Error::internal)
}

/// Stores the tiles that became full when the ledger grew from `before` to `after` leaves.
///
/// # Errors
/// `internal_error` where hashes are missing.
pub(super) fn fill(conn: &mut AnyConnection, before: u64, after: u64) -> Result<()> {
    for index in before / TILE_WIDTH..after / TILE_WIDTH {
        let leaves = leaf_hashes(conn, index * TILE_WIDTH, TILE_WIDTH as usize)?;
        let mut root = tile_root(&leaves)?;
        let bytes: Vec<u8> = leaves.iter().flat_map(|it| it.0).collect();
        insert(conn, TileId { level: 0, index }, bytes)?;
        // Each full tile is one more hash of the level above.
        let mut above = TileId { level: 1, index: index / TILE_WIDTH };
        let mut place = index;
        loop {
            let found = stored_tile(conn, above)?;
            let exists = found.is_some();
            let mut bytes = found.unwrap_or_default();
            if bytes.len() as u64 != place % TILE_WIDTH * HASH_BYTES as u64 {
                return Err(Error::internal(format!("tile {above:?} does not fit the ledger")));
            }
            bytes.extend(root.0);
            let full = bytes.len() as u64 == TILE_WIDTH * HASH_BYTES as u64;
            let next = if full { Some(tile_root(&hashes(&bytes)?)?) } else { None };
            if exists {
                let row = ledger_tiles::table.find((i32::from(above.level), signed(above.index)?));
                diesel::update(row).set(ledger_tiles::hashes.eq(bytes)).execute(conn)?;
            } else {
                insert(conn, above, bytes)?;
            }
            let Some(next) = next else { break };
            root = next;
            place = above.index;
            above = TileId { level: above.level + 1, index: above.index / TILE_WIDTH };
        }
    }
    Ok(())
}

fn tile_root(hashes: &[Hash]) -> Result<Hash> {
    subtree_root(hashes, TILE_HEIGHT, 0).ok_or_else(|| Error::internal("a tile is not full"))
}

fn insert(conn: &mut AnyConnection, tile: TileId, hashes: Vec<u8>) -> Result<()> {
    let row = (
        ledger_tiles::level.eq(i32::from(tile.level)),
        ledger_tiles::tile.eq(signed(tile.index)?),
        ledger_tiles::hashes.eq(hashes),
    );
    diesel::insert_into(ledger_tiles::table).values(row).execute(conn)?;
    Ok(())
}

/// The nodes of the tree of the first `size` leaves, from its tiles: each is read once.
pub struct StoredNodes<'a> {
    conn: &'a mut AnyConnection,
    size: u64,
    tiles: HashMap<TileId, Vec<Hash>>,
}

impl<'a> StoredNodes<'a> {
    /// The nodes of a tree of a size that the ledger has reached.
    pub fn new(conn: &'a mut AnyConnection, size: u64) -> Self {
        Self { conn, size, tiles: HashMap::new() }
    }
}

impl Nodes for StoredNodes<'_> {
    type Error = Error;

    fn node(&mut self, height: u32, index: u64) -> Result<Hash> {
        let level = u8::try_from(height / TILE_HEIGHT).map_err(Error::internal)?;
        let inner = height % TILE_HEIGHT;
        // A node is computed from hashes of the tile below it; that tile has 2^(8 - inner) such nodes.
        let per_tile = 1u64 << (TILE_HEIGHT - inner);
        let tile = TileId { level, index: index / per_tile };
        if !self.tiles.contains_key(&tile) {
            let hashes = read_tile(self.conn, tile, self.size)?;
            self.tiles.insert(tile, hashes);
        }
        let hashes = self.tiles.get(&tile).map_or(&[][..], Vec::as_slice);
        let at = usize::try_from(index % per_tile).map_err(Error::internal)?;
        subtree_root(hashes, inner, at)
            .ok_or_else(|| Error::internal(format!("tile {tile:?} lacks node {height}/{index}")))
    }
}
