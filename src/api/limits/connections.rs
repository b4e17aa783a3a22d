//! How many connections there are: in all, and for each address.

use std::{
    net::{IpAddr, SocketAddr},
    os::fd::OwnedFd,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustix::net::{Shutdown, shutdown};

use super::{client_address::network, shares::Shares};
use crate::config::network::TrustedProxies;

/// The most connections in all, where the descriptors suffice.
const CONNECTIONS_MAX: usize = 4096;

/// Descriptors for everything else: the database, the log, the threads.
const OTHER_DESCRIPTORS: usize = 256;

/// The fewest connections that are accepted only to be refused.
const REFUSED_MIN: usize = 16;

/// How many connections there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionRules {
    /// In all.
    pub all: usize,
    /// From one IPv4 address, or one /64 of IPv6. Trusted proxies are exempt.
    pub address: usize,
}

impl ConnectionRules {
    /// The connections for which these descriptors suffice.
    pub fn for_descriptors(descriptors: usize) -> Self {
        // A connection has two. A quarter is left for those that are being refused.
        let rest = descriptors.saturating_sub(OTHER_DESCRIPTORS).max(descriptors / 2) / 2;
        let all = (rest / 4 * 3).clamp(1, CONNECTIONS_MAX);
        Self { all, address: (all / 4).max(1) }
    }

    /// The most connections that are accepted, with those that are only refused.
    pub fn accepted(self) -> usize {
        self.all + (self.all / 4).max(REFUSED_MIN)
    }
}

impl Default for ConnectionRules {
    fn default() -> Self {
        Self { all: CONNECTIONS_MAX, address: CONNECTIONS_MAX / 4 }
    }
}

/// The open connections.
pub struct Connections {
    rules: ConnectionRules,
    proxies: TrustedProxies,
    open: Mutex<Shares>,
}

/// What becomes of a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Its requests are served.
    Served,
    /// The service is full: its requests are answered with `unavailable`.
    Refused,
    /// Its address has too many: it is closed.
    Closed,
}

/// An open connection, until it is dropped.
pub struct Connection {
    connections: Arc<Connections>,
    /// The address that it counts for; none for a proxy.
    address: Option<IpAddr>,
    /// What becomes of it.
    pub admission: Admission,
    socket: Option<Arc<Socket>>,
}

/// A second descriptor of a connection's socket, which ends it from outside.
pub struct Socket(OwnedFd);

impl Socket {
    /// Ends the connection.
    pub fn close(&self) {
        if let Err(error) = shutdown(&self.0, Shutdown::Both) {
            log::debug!("a connection can't be closed: {error}");
        }
    }
}

impl Connection {
    /// What ends the connection from outside.
    pub fn socket(&self) -> Option<Arc<Socket>> {
        self.socket.clone()
    }
}

impl Connections {
    /// None yet.
    pub fn new(rules: ConnectionRules, proxies: TrustedProxies) -> Arc<Self> {
        Arc::new(Self { rules, proxies, open: Mutex::default() })
    }

    /// Counts a new connection. One that its address has too many of is closed.
    pub fn open(self: &Arc<Self>, peer: SocketAddr, socket: Option<OwnedFd>) -> Connection {
        let address = peer.ip().to_canonical();
        let address = (!self.proxies.include(address)).then(|| network(address));
        let mut open = self.lock();
        open.add(address, 1);
        let of_address = address.map_or(0, |address| open.used_by(address));
        let admission = if of_address > self.rules.address {
            Admission::Closed
        } else if open.all() > self.rules.all {
            Admission::Refused
        } else {
            Admission::Served
        };
        drop(open);
        let socket = socket.map(|descriptor| Arc::new(Socket(descriptor)));
        if admission == Admission::Closed
            && let Some(socket) = &socket
        {
            socket.close();
        }
        Connection { connections: Arc::clone(self), address, admission, socket }
    }

    fn lock(&self) -> MutexGuard<'_, Shares> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.lock().remove(self.address, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> SocketAddr {
        SocketAddr::new(text.parse().unwrap(), 4711)
    }

    #[test]
    fn an_address_has_its_share_and_a_proxy_has_no_limit() {
        let rules = ConnectionRules { all: 5, address: 2 };
        let connections = Connections::new(rules, "10.0.0.1".parse().unwrap());
        let open = |from: &str| connections.open(peer(from), None);
        let mut kept: Vec<Connection> = ["2001:db8::1", "2001:db8::2"].map(open).into();
        assert!(kept.iter().all(|it| it.admission == Admission::Served));
        assert_eq!(open("2001:db8::3").admission, Admission::Closed, "it is the same network");
        kept.extend(["10.0.0.1", "10.0.0.1", "10.0.0.1"].map(open));
        assert!(kept.iter().all(|it| it.admission == Admission::Served));
        assert_eq!(open("10.0.0.1").admission, Admission::Refused);
        kept.clear();
        assert_eq!(open("2001:db8::3").admission, Admission::Served);
        assert!(connections.lock().is_empty());
    }

    #[test]
    fn the_limits_follow_from_the_descriptors() {
        let rules = |descriptors| {
            let rules = ConnectionRules::for_descriptors(descriptors);
            (rules.all, rules.address)
        };
        assert_eq!(rules(1024), (288, 72));
        assert_eq!(rules(1_048_576), (4096, 1024));
        assert_eq!(rules(0), (1, 1));
    }
}
