//! Memory that clients make the service hold: in all, and for each address.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::shares::Shares;
use crate::error::{Error, Result};

/// The memory for things of one kind.
pub struct Memory {
    /// The bytes for all of them. One address takes a quarter at most.
    bytes: usize,
    /// What they are, for the log.
    kind: &'static str,
    used: Mutex<Shares>,
}

impl Memory {
    /// So many bytes, of which nothing is used yet.
    pub fn new(bytes: usize, kind: &'static str) -> Arc<Self> {
        Arc::new(Self { bytes, kind, used: Mutex::default() })
    }

    fn used(&self) -> MutexGuard<'_, Shares> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes in use.
    #[cfg(test)]
    pub fn in_use(&self) -> usize {
        self.used().all()
    }
}

/// What one thing takes of the memory, until it is dropped.
pub struct MemoryShare {
    memory: Arc<Memory>,
    address: IpAddr,
    bytes: usize,
}

impl MemoryShare {
    /// Nothing yet, for an address.
    pub fn new(memory: Arc<Memory>, address: IpAddr) -> Self {
        Self { memory, address, bytes: 0 }
    }

    /// Takes memory for `bytes` in all.
    ///
    /// # Errors
    /// `unavailable` where there is none left, in all or for the address.
    pub fn grow(&mut self, bytes: usize) -> Result<()> {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        let Memory { bytes: memory, kind, .. } = *self.memory;
        let mut used = self.memory.used();
        if used.all() + more > memory || used.used_by(self.address) + more > memory / 4 {
            return Err(Error::unavailable(format!("there is no memory for another {kind}")));
        }
        used.add(Some(self.address), more);
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.memory.used().remove(Some(self.address), self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_takes_a_quarter_of_the_memory() {
        let memory = Memory::new(100, "reply");
        let take = |address: &str, bytes| {
            let mut share = MemoryShare::new(Arc::clone(&memory), address.parse().unwrap());
            share.grow(bytes).map(|()| share)
        };
        let first = take("192.0.2.1", 20).unwrap();
        assert!(take("192.0.2.1", 6).is_err());
        let others: Vec<_> = (2..6).map(|it| take(&format!("192.0.2.{it}"), 20).unwrap()).collect();
        assert!(take("192.0.2.9", 1).is_err(), "there is none left");
        drop((first, others));
        assert!(take("192.0.2.1", 25).is_ok());
    }
}
