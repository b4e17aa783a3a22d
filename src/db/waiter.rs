//! Waits for a read, and ends it when nobody waits any more.

use std::sync::Arc;

use super::{cancel::Canceller, watch::Watch};

/// Waits for a read. Dropped before the read is done, it ends the read.
pub(super) struct Waiter {
    watch: Arc<Watch>,
    canceller: Option<Arc<Canceller>>,
    done: bool,
}

impl Waiter {
    /// Waits for the read under a watch.
    pub(super) fn new(watch: Arc<Watch>, canceller: Option<Arc<Canceller>>) -> Self {
        Self { watch, canceller, done: false }
    }

    /// The read is done.
    pub(super) fn done(mut self) {
        self.done = true;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        self.watch.abandon();
        if let Some(canceller) = &self.canceller {
            canceller.cancel(Arc::clone(&self.watch));
        }
    }
}
