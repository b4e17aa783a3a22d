//! Whether the ledger is as long as its tiles say: a look at its ends, for the start of the service.

use diesel::{dsl::max, prelude::*};

use crate::{
    db::{
        connection::AnyConnection,
        schema::{ledger, ledger_tiles},
    },
    error::{Error, Result},
    journal::records::sequencer::size,
    ledger::tile::{LEVEL_MAX, TILE_WIDTH, TileId},
};

/// Refuses a ledger whose records, size and tiles do not fit together at their ends.
///
/// # Errors
/// `internal_error` with what does not fit.
pub fn check_ends(conn: &mut AnyConnection) -> Result<()> {
    let size = size(conn)?;
    let last: Option<i64> = ledger::table.select(max(ledger::position)).first(conn)?;
    let records = last.map_or(0, |last| last + 1);
    if records != size {
        let text = format!("the ledger has {records} records, and its head says {size}");
        return Err(Error::internal(text));
    }
    let size = size.cast_unsigned();
    for level in 0..=LEVEL_MAX {
        let last: Option<i64> = ledger_tiles::table
            .filter(ledger_tiles::level.eq(i32::from(level)))
            .select(max(ledger_tiles::tile))
            .first(conn)?;
        let tiles = last.map_or(0, |last| last.cast_unsigned() + 1);
        // Level 0 stores full tiles alone.
        let first_without = TileId { level, index: tiles };
        let last_with = tiles.checked_sub(1).map(|index| TileId { level, index });
        let full_above = if level == 0 { TILE_WIDTH } else { 1 };
        let fits = first_without.width(size) < full_above
            && last_with.is_none_or(|it| it.width(size) >= full_above);
        if !fits {
            let text = format!(
                "the ledger has {size} records, which does not fit its {tiles} tiles of level {level}"
            );
            return Err(Error::internal(text));
        }
        if tiles == 0 {
            break;
        }
    }
    Ok(())
}
