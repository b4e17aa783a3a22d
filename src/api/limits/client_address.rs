//! The network address that a request comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::http::header::{HeaderMap, HeaderName};

use crate::config::network::TrustedProxies;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address that a request is counted for: [`full_address`], or its network with IPv6.
pub fn client_address(
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
    proxies: &TrustedProxies,
) -> IpAddr {
    network(full_address(peer, headers, proxies))
}

/// The address that a request comes from: the peer's, or behind trusted proxies the last one in
/// `X-Forwarded-For` that is not theirs. A client can write anything to the left of that one.
pub fn full_address(
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
    proxies: &TrustedProxies,
) -> IpAddr {
    // A TCP listener always knows the peer; requests without one share an address.
    let peer = peer.map_or(IpAddr::from([0; 4]), |peer| peer.ip());
    let mut address = peer.to_canonical();
    let lines: Vec<&str> = headers
        .get_all(X_FORWARDED_FOR)
        // A line that is not text has no address.
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim);
    while proxies.include(address) {
        match hops.next().and_then(parse) {
            Some(hop) => address = hop,
            None => break,
        }
    }
    address
}

/// An address as proxies write it: some add the port.
fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().or_else(|_| hop.parse::<SocketAddr>().map(|it| it.ip()));
    address.ok().map(|it: IpAddr| it.to_canonical())
}

/// The network of one subscriber: a single IPv4 address, or a /64 of IPv6.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn address(peer: &str, forwarded: &[&str], trusted: &str) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        let peer = Some(SocketAddr::new(peer.parse().unwrap(), 4711));
        client_address(peer, &headers, &trusted.parse().unwrap()).to_string()
    }

    #[test]
    fn without_trusted_proxies_the_peer_counts() {
        assert_eq!(address("203.0.113.9", &["198.51.100.1"], ""), "203.0.113.9");
        assert_eq!(
            client_address(None, &HeaderMap::new(), &"".parse().unwrap()).to_string(),
            "0.0.0.0"
        );
    }

    #[test]
    fn behind_trusted_proxies_the_last_address_that_is_not_theirs_counts() {
        let trusted = "10.0.0.0/8";
        assert_eq!(address("10.0.0.1", &["1.1.1.1, 198.51.100.1"], trusted), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["198.51.100.1, 10.9.9.9"], trusted), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["1.1.1.1", "198.51.100.1"], trusted), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &[], trusted), "10.0.0.1");
    }

    #[test]
    fn a_hop_that_is_no_address_ends_the_search() {
        assert_eq!(address("10.0.0.1", &["1.1.1.1, unknown"], "10.0.0.0/8"), "10.0.0.1");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_understood() {
        let trusted = "10.0.0.0/8";
        assert_eq!(address("10.0.0.1", &["198.51.100.1:1234"], trusted), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["[2001:db8::7]:443"], trusted), "2001:db8::");
        assert_eq!(address("10.0.0.1", &["[2001:db8::7]"], trusted), "2001:db8::");
        assert_eq!(address("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], trusted), "198.51.100.1");
    }

    proptest! {
        #[test]
        fn what_a_client_forwards_makes_no_difference_without_trusted_proxies(line in "[ -~]{0,60}") {
            prop_assert_eq!(address("203.0.113.9", &[&line], ""), "203.0.113.9");
        }

        #[test]
        fn addresses_of_one_ipv6_network_count_as_one(prefix: u64, one: u64, other: u64) {
            let address = |host: u64| {
                let bits = u128::from(prefix) << 64 | u128::from(host);
                network(IpAddr::V6(Ipv6Addr::from_bits(bits)))
            };
            prop_assert_eq!(address(one), address(other));
        }
    }
}
