//! Records of the ledger: made with the entries and wordings that they are of, given their positions,
//! and hashed into tiles.

pub mod append;
pub mod facts;
pub mod new_record;
pub mod sequencer;
pub mod tiles;
