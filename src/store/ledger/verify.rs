//! Checks the whole database against its ledger: every leaf is made anew from the rows, and the tree
//! from the leaves, in bounded memory.

use super::{
    finding::{Fault, Finding, Verified},
    records::{self, RecordRow},
    unrecorded,
    wordings::wordings,
};
use crate::{
    db::connection::AnyConnection,
    domain::{ids::EntryId, record::RecordKind},
    error::{Error, Result},
    journal::{
        entry::row::EntryRow,
        records::{
            facts::{are_changes_as_written, entry_facts, entry_texts},
            sequencer,
            tiles::stored_tile,
        },
    },
    ledger::{
        checkpoint::Checkpoint,
        frontier::Frontier,
        hash::{HASH_BYTES, Hash},
        leaf::record_hash,
        tile::{LEVEL_MAX, TILE_HEIGHT, TILE_WIDTH, TileId, subtree_root},
    },
};

/// Records that are read at once.
const CHUNK: i64 = 1024;

/// Checks everything. `found` is called with each row that is not right; `progress` with the number
/// of records that are checked, and of all.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn verify(
    conn: &mut AnyConnection,
    checkpoint: Option<&Checkpoint>,
    found: &mut dyn FnMut(&Finding),
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified> {
    let size = sequencer::size(conn)?;
    let mut check = Check {
        conn,
        found,
        faults: 0,
        tree: Frontier::default(),
        tiles: Tiles::default(),
        checkpoint,
        next: 0,
    };
    check.beginning();
    loop {
        let rows = records::page(check.conn, check.next, CHUNK)?;
        let before = check.next;
        check.chunk(&rows)?;
        if check.next == before {
            break;
        }
        progress(check.next.cast_unsigned(), size.max(check.next).cast_unsigned());
    }
    check.end(size)?;
    Ok(Verified { size: size.cast_unsigned(), root: check.tree.root(), faults: check.faults })
}

struct Check<'a> {
    conn: &'a mut AnyConnection,
    found: &'a mut dyn FnMut(&Finding),
    faults: u64,
    tree: Frontier,
    tiles: Tiles,
    checkpoint: Option<&'a Checkpoint>,
    /// The position that comes next.
    next: i64,
}

/// The hashes of the tiles that are being filled, by level.
#[derive(Default)]
struct Tiles(Vec<Vec<Hash>>);

impl Check<'_> {
    fn fault(
        &mut self,
        fault: Fault,
        position: Option<i64>,
        entry: Option<EntryId>,
        detail: &'static str,
    ) {
        self.faults += 1;
        (self.found)(&Finding { fault, position, entry, detail });
    }

    fn beginning(&mut self) {
        if self.checkpoint.is_some_and(|it| it.size == 0 && it.root != self.tree.root()) {
            self.fault(Fault::Altered, None, None, "the checkpoint is of another tree");
        }
    }

    /// Checks records that follow one another, up to [`CHUNK`] positions.
    fn chunk(&mut self, rows: &[RecordRow]) -> Result<()> {
        let wordings = wordings(self.conn, rows)?;
        let end = self.next + CHUNK;
        let stored = self.leaves_of_tiles(self.next, end)?;
        let mut rows = rows.iter().peekable();
        let begin = self.next;
        while self.next < end {
            let position = self.next;
            let in_tile = stored.get(usize::try_from(position - begin).map_err(Error::internal)?);
            let Some(row) = rows.next_if(|row| row.position == position) else {
                if rows.peek().is_none() && in_tile.is_none() {
                    break;
                }
                self.fault(Fault::Missing, Some(position), None, "there is no such record");
                // The tree says what stood there; so what follows can still be checked.
                let Some(hash) = in_tile else { break };
                self.push(*hash)?;
                continue;
            };
            let hash = row.hash()?;
            self.record(row, hash, wordings.get(&position))?;
            match in_tile {
                Some(other) if *other != hash && stored.contains(&hash) => {
                    let detail = "the tree has another record here";
                    self.fault(Fault::Reordered, Some(position), row.entry_id, detail);
                }
                Some(other) if *other != hash => {
                    let detail = "the tree has another leaf here";
                    self.fault(Fault::Altered, Some(position), row.entry_id, detail);
                }
                _ => {}
            }
            self.push(hash)?;
        }
        Ok(())
    }

    /// Makes the leaf of a record anew.
    fn record(&mut self, row: &RecordRow, hash: Hash, wording: Option<&EntryRow>) -> Result<()> {
        let (position, entry) = (Some(row.position), row.entry_id);
        if !matches!(row.kind, RecordKind::Entry | RecordKind::Revision) {
            return Ok(());
        }
        let Some(wording) = wording else {
            self.fault(Fault::Missing, position, entry, "what the record tells of is gone");
            return Ok(());
        };
        let (facts, texts) = (entry_facts(wording), entry_texts(wording));
        let fits = row
            .salts()
            .ok()
            .and_then(|salts| record_hash(&facts, row.recorded_at, &texts, &salts).ok());
        if fits != Some(hash)
            || row.user_id != Some(wording.user_id)
            || row.kind != facts.kind()
            || row.recorded_at != wording.edited_at.unwrap_or(wording.recorded_at)
            || !are_changes_as_written(wording)
        {
            self.fault(Fault::Altered, position, entry, "the row is not what was recorded");
        }
        Ok(())
    }

    /// Adds a leaf to the tree, and holds each tile that becomes full against the stored one.
    fn push(&mut self, hash: Hash) -> Result<()> {
        self.next += 1;
        self.tree.push(hash);
        let (mut level, mut hash) = (0, hash);
        loop {
            if self.tiles.0.len() == level {
                self.tiles.0.push(Vec::new());
            }
            let Some(hashes) = self.tiles.0.get_mut(level) else { break };
            hashes.push(hash);
            if hashes.len() as u64 != TILE_WIDTH {
                break;
            }
            let full = std::mem::take(hashes);
            let root = subtree_root(&full, TILE_HEIGHT, 0);
            hash = root.ok_or_else(|| Error::internal("a tile is not full"))?;
            level += 1;
            // Level 0 is compared leaf by leaf.
            if level > 1 {
                let index = (self.tree.size() >> (TILE_HEIGHT as usize * level)) - 1;
                self.tile(level - 1, index, &full)?;
            }
        }
        if let Some(checkpoint) = self.checkpoint
            && checkpoint.size == self.tree.size()
            && checkpoint.root != self.tree.root()
        {
            let detail = "up to here the tree is not the one of the checkpoint";
            self.fault(Fault::Altered, Some(self.next - 1), None, detail);
        }
        Ok(())
    }

    fn tile(&mut self, level: usize, index: u64, hashes: &[Hash]) -> Result<()> {
        let level = u8::try_from(level).map_err(Error::internal)?;
        let stored = stored_tile(self.conn, TileId { level, index })?;
        let computed: Vec<u8> = hashes.iter().flat_map(|it| it.0).collect();
        if stored.as_deref() != Some(&computed) {
            let last = self.next - 1;
            self.fault(Fault::Altered, Some(last), None, "a tile is not what its leaves make");
        }
        Ok(())
    }

    /// The leaves of full tiles over some positions; fewer where the tiles end.
    fn leaves_of_tiles(&mut self, from: i64, to: i64) -> Result<Vec<Hash>> {
        let width = TILE_WIDTH.cast_signed();
        let mut leaves = Vec::new();
        for tile in from / width..(to + width - 1) / width {
            let index = tile.cast_unsigned();
            let Some(bytes) = stored_tile(self.conn, TileId { level: 0, index })? else { break };
            let (chunks, _) = bytes.as_chunks::<HASH_BYTES>();
            let skip = usize::try_from((from - tile * width).max(0)).map_err(Error::internal)?;
            leaves.extend(chunks.iter().skip(skip).map(|it| Hash(*it)));
        }
        Ok(leaves)
    }

    fn end(&mut self, size: i64) -> Result<()> {
        if self.next < size {
            self.fault(Fault::Cut, Some(self.next), None, "the ledger had more records");
        }
        if self.next > size {
            self.fault(Fault::Added, Some(size), None, "the head of the ledger counts fewer");
        }
        let reached = self.tree.size();
        if let Some(checkpoint) = self.checkpoint
            && checkpoint.size > reached
        {
            self.fault(Fault::Cut, Some(self.next), None, "the checkpoint is of a larger tree");
        }
        self.last_tiles()?;
        let mut fault = |entry, detail| {
            self.faults += 1;
            (self.found)(&Finding {
                fault: Fault::Added,
                position: None,
                entry: Some(entry),
                detail,
            });
        };
        unrecorded::entries(self.conn, |id| fault(id, "no record tells of this entry"))?;
        unrecorded::wordings(self.conn, |id| fault(id, "no record tells of this wording"))
    }

    /// Holds the tiles above level 0 that are not full against the stored ones.
    fn last_tiles(&mut self) -> Result<()> {
        let tiles = std::mem::take(&mut self.tiles.0);
        for (level, hashes) in tiles.iter().enumerate().skip(1).take(usize::from(LEVEL_MAX)) {
            let index = self.tree.size() >> (TILE_HEIGHT as usize * (level + 1));
            if !hashes.is_empty() {
                self.tile(level, index, hashes)?;
            }
        }
        let index = self.next.cast_unsigned() / TILE_WIDTH;
        if stored_tile(self.conn, TileId { level: 0, index })?.is_some() {
            self.fault(Fault::Cut, Some(self.next), None, "a tile has more records than there are");
        }
        Ok(())
    }
}
