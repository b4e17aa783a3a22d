//! Prints what commands say.

use std::io::{self, Write};

use crate::error::{Error, Result};

/// Prints text to the standard output.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::internal)
}
