//! What the service makes of those outside: which web pages may call it, how often anybody may, and
//! which proxies tell the truth about whom they speak for.

use std::{fmt, net::IpAddr, num::NonZero, str::FromStr};

use ipnet::IpNet;
use url::Url;

/// The parts of a comma-separated list; none of an empty one, which is how a variable that is not
/// set comes out of many a script.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.split(',').map(str::trim)).into_iter().flatten()
}

/// The origins whose pages may use the API from a browser (the Fetch standard's CORS).
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
            // Compared with what a browser would send: a path, a capital letter or a default port
            // would make an origin that never matches, and nobody would know why.
            Ok(origin) if origin.is_tuple() && origin.ascii_serialization() == text => {
                Ok(text.to_owned())
            }
            Ok(origin) if origin.is_tuple() => {
                let text = origin.ascii_serialization();
                Err(format!("an origin is written as browsers send it: {text}"))
            }
            _ => Err(format!("{text:?} is no origin such as https://app.example.com")),
        };
        parts(text).map(origin).collect::<Result<_, _>>().map(Self)
    }
}

/// How many requests a minute each caller may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimit {
    /// As many as he likes; log-ins too.
    Off,
    /// So many.
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

/// The proxies whose `X-Forwarded-For` is believed.
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
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| format!("{text:?} is no address and no range such as 10.0.0.0/8"))
        };
        parts(text).map(range).collect::<Result<_, _>>().map(Self)
    }
}
