//! Settings of the network: allowed origins, the rate limit, and trusted proxies.

use std::{fmt, net::IpAddr, num::NonZero, str::FromStr};

use ipnet::IpNet;
use url::Url;

/// The parts of a comma-separated list. An empty text has none: scripts often pass an unset variable
/// as an empty one.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.split(',').map(str::trim)).into_iter().flatten()
}

/// The origins whose pages may use the API from a browser (CORS, Fetch standard).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Each of them, as a browser sends it.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Origins {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let origin = |text: &str| match Url::parse(text).map(|url| url.origin()) {
            // It must equal what a browser sends. With a path, a capital letter or a default port it
            // would silently never match.
            Ok(origin) if origin.is_tuple() && origin.ascii_serialization() == text => {
                Ok(text.to_owned())
            }
            Ok(origin) if origin.is_tuple() => {
                let text = origin.ascii_serialization();
                Err(format!("an origin is written as browsers send it: {text}"))
            }
            _ => Err(format!("{text:?} is not an origin such as https://app.example.com")),
        };
        parts(text).map(origin).collect::<Result<_, _>>().map(Self)
    }
}

/// How many requests a minute each caller may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimit {
    /// Any number, of log-ins too.
    Off,
    /// At most this many.
    PerMinute(NonZero<u32>),
}

impl FromStr for RateLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            number => number
                .parse()
                .map(Self::PerMinute)
                .map_err(|_| "expected the requests a minute, at least 1, or off".to_owned()),
        }
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::PerMinute(number) => number.fmt(f),
        }
    }
}

/// The proxies whose `X-Forwarded-For` is trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether one of them has this address.
    pub fn include(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(&address))
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let range = |text: &str| {
            text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(
                |_| format!("{text:?} is neither an address nor a range such as 10.0.0.0/8"),
            )
        };
        parts(text).map(range).collect::<Result<_, _>>().map(Self)
    }
}
