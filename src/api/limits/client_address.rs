//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::http::header::{HeaderMap, HeaderName};

use crate::config::TrustedProxies;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address that counts for the one who sent a request: his own; behind proxies that are
/// trusted, the last one in `X-Forwarded-For` that is not theirs. What stands left of it could be
/// anybody's invention.
pub fn client_address(
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
    proxies: &TrustedProxies,
) -> IpAddr {
    // A listener of TCP always knows it; whatever has none shares one.
    let peer = peer.map_or(IpAddr::from([0; 4]), |peer| peer.ip());
    let mut address = peer.to_canonical();
    let lines: Vec<&str> = headers
        .get_all(X_FORWARDED_FOR)
        // A line that is no text is no address either.
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim);
    while proxies.include(address) {
        match hops.next().and_then(parse) {
            Some(hop) => address = hop,
            None => break,
        }
    }
    network(address)
}

/// An address, as proxies write it: some add the port.
fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().or_else(|_| hop.parse::<SocketAddr>().map(|it| it.ip()));
    address.ok().map(|it: IpAddr| it.to_canonical())
}

/// What one subscriber has for himself: an IPv4 address, or a /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() >> 64 << 64).into(),
    }
}
