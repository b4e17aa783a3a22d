//! The plots of a run.

use std::path::Path;

use crate::{Result, results::Results};

/// Draws all plots into a folder.
pub fn draw(_results: &Results, _folder: &Path) -> Result<()> {
    Ok(())
}
