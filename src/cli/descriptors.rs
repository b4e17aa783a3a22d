//! The limit of open files, which the service raises as far as the system lets it.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::{Error, Result};

/// Raises the soft limit of descriptors to the hard one, and returns it.
///
/// # Errors
/// `internal_error` where the system refuses it.
pub(super) fn raise_descriptors() -> Result<usize> {
    let before = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: before.maximum, ..before })
        .map_err(|error| Error::internal(format!("can't raise the descriptor limit: {error}")))?;
    // Without a limit there are as many as anybody needs.
    let number = before.maximum.unwrap_or(u64::MAX);
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}
