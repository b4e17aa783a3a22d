//! Waits that have an end.

use std::time::Instant;

use crate::error::{Error, Result};

/// Waits for a read, or for its turn, until a deadline, if there is one.
///
/// # Errors
/// `unavailable` past the deadline.
pub(super) async fn by<T>(deadline: Option<Instant>, wait: impl Future<Output = T>) -> Result<T> {
    match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline.into(), wait)
            .await
            .map_err(|_| Error::unavailable("a read was not done in time")),
        None => Ok(wait.await),
    }
}
