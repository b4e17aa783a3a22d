//! Tiles of hashes (C2SP `tlog-tiles`): 256 hashes of one level, from which the eight levels of the
//! tree above them are computed.

use std::fmt::{self, Write};

use super::hash::{Hash, node_hash};
use crate::domain::text::decimal;

/// Hashes of a full tile.
pub const TILE_WIDTH: u64 = 256;

/// Levels of the tree that a tile spans: 256 is two to this.
pub const TILE_HEIGHT: u32 = 8;

/// The highest level of a tile that the format knows.
pub const LEVEL_MAX: u8 = 63;

/// Which tile: its level and its index in the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 for leaves; each hash of a level above is the root of a full tile of the level below.
    pub level: u8,
    /// Which tile of the level, from the left.
    pub index: u64,
}

impl TileId {
    /// How many hashes it has in a tree of `size` leaves: 0 to 256.
    pub fn width(self, size: u64) -> u64 {
        let hashes = size.checked_shr(TILE_HEIGHT * u32::from(self.level)).unwrap_or(0);
        let Some(start) = self.index.checked_mul(TILE_WIDTH) else { return 0 };
        hashes.saturating_sub(start).min(TILE_WIDTH)
    }
}

/// The path of a tile as the format writes it: `0/x001/234`, with `.p/W` where it is not full.
pub fn tile_path(level: &str, index: u64, width: u64) -> String {
    let mut groups = Vec::new();
    let mut rest = index;
    loop {
        groups.push(rest % 1000);
        rest /= 1000;
        if rest == 0 {
            break;
        }
    }
    let mut path = level.to_owned();
    for (at, group) in groups.iter().enumerate().rev() {
        let x = if at == 0 { "" } else { "x" };
        let _ = write!(path, "/{x}{group:03}");
    }
    if width < TILE_WIDTH {
        let _ = write!(path, ".p/{width}");
    }
    path
}

/// A path is not one of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongPath;

impl fmt::Display for WrongPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a path of a tile")
    }
}

/// The index and width that the rest of a path names, after its level: `x001/234.p/5`.
///
/// # Errors
/// Where the path is not exactly as the format writes it.
pub fn parse_tile_path(path: &str) -> Result<(u64, u64), WrongPath> {
    let (groups, width) = match path.split_once(".p/") {
        Some((groups, width)) => (groups, decimal(width).ok_or(WrongPath)?),
        None => (path, TILE_WIDTH),
    };
    if width == 0 || (path.contains(".p/") && width >= TILE_WIDTH) {
        return Err(WrongPath);
    }
    let mut index: u64 = 0;
    let mut parts = groups.split('/').peekable();
    while let Some(part) = parts.next() {
        let digits = match parts.peek() {
            Some(_) => part.strip_prefix('x').ok_or(WrongPath)?,
            None => part,
        };
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(WrongPath);
        }
        let group: u64 = digits.parse().map_err(|_| WrongPath)?;
        let next = index.checked_mul(1000).and_then(|it| it.checked_add(group));
        index = next.ok_or(WrongPath)?;
    }
    // One way to write each index: no leading groups of zeroes.
    if tile_path("", index, TILE_WIDTH).strip_prefix('/') != Some(groups) {
        return Err(WrongPath);
    }
    Ok((index, width))
}

/// The root of a complete subtree inside a tile: of `2^height` hashes, the `index`-th of that height.
///
/// `None` where the tile does not have all of them.
pub fn subtree_root(hashes: &[Hash], height: u32, index: usize) -> Option<Hash> {
    let count = 1usize.checked_shl(height)?;
    let start = index.checked_mul(count)?;
    let mut nodes = hashes.get(start..start.checked_add(count)?)?.to_vec();
    while nodes.len() > 1 {
        nodes = nodes.chunks_exact(2).map(|pair| node_hash(pair[0], pair[1])).collect();
    }
    nodes.first().copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_as_the_format_has_them() {
        assert_eq!(tile_path("0", 1_234_067, 256), "0/x001/x234/067");
        assert_eq!(tile_path("3", 5, 7), "3/005.p/7");
        assert_eq!(parse_tile_path("x001/x234/067"), Ok((1_234_067, 256)));
        assert_eq!(parse_tile_path("005.p/7"), Ok((5, 7)));
        for wrong in
            ["5", "0005", "x000/005", "005.p/0", "005.p/256", "005.p/07", "x005", "", "-05"]
        {
            assert_eq!(parse_tile_path(wrong), Err(WrongPath), "{wrong}");
        }
    }

    #[test]
    fn a_tree_of_70000_has_the_tiles_that_the_format_says() {
        let width = |level, index| TileId { level, index }.width(70_000);
        assert_eq!(width(0, 272), 256);
        assert_eq!(width(0, 273), 112);
        assert_eq!(width(0, 274), 0);
        assert_eq!(width(1, 0), 256);
        assert_eq!(width(1, 1), 17);
        assert_eq!(width(2, 0), 1);
        assert_eq!(width(3, 0), 0);
        assert_eq!(width(63, 0), 0);
    }

    proptest! {
        #[test]
        fn a_path_is_read_as_it_was_written(index: u64, width in 1u64..=256) {
            let path = tile_path("", index, width);
            prop_assert_eq!(parse_tile_path(&path[1..]), Ok((index, width)));
        }
    }
}
