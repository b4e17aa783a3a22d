//! What the service makes of those outside: which web pages may call it.

use std::str::FromStr;

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
