//! Standard output, where the progress and the tables go.

use std::io::{self, Write};

use crate::error::Result;

/// Prints a text as it is.
///
/// # Errors
/// Where standard output is closed.
pub fn print(text: &str) -> Result<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}
