//! What is in use, in all and for each address.

use std::{collections::HashMap, net::IpAddr};

/// Amounts in use. What belongs to no address counts in all only.
#[derive(Default)]
pub struct Shares {
    all: usize,
    addresses: HashMap<IpAddr, usize>,
}

impl Shares {
    /// The amount in use in all.
    pub fn all(&self) -> usize {
        self.all
    }

    /// The amount that an address uses.
    pub fn used_by(&self, address: IpAddr) -> usize {
        self.addresses.get(&address).copied().unwrap_or(0)
    }

    /// Adds an amount.
    pub fn add(&mut self, address: Option<IpAddr>, amount: usize) {
        self.all += amount;
        if let Some(address) = address {
            *self.addresses.entry(address).or_default() += amount;
        }
    }

    /// Takes away an amount that was added before. An address that uses nothing is forgotten.
    pub fn remove(&mut self, address: Option<IpAddr>, amount: usize) {
        self.all -= amount;
        let Some(address) = address else { return };
        if let Some(of_address) = self.addresses.get_mut(&address) {
            *of_address -= amount;
            if *of_address == 0 {
                self.addresses.remove(&address);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.all == 0 && self.addresses.is_empty()
    }
}
