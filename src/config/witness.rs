//! The setting of where the witness of the ledger is.

use std::{fmt, str::FromStr};

use url::Url;

/// The URL of a witness: the submission prefix of C2SP `tlog-witness`. It may be http, for a private
/// network. Its `Display` and `Debug` forms have no user and no password.
#[derive(Clone, PartialEq, Eq)]
pub struct WitnessUrl(Url);

impl WitnessUrl {
    /// Where checkpoints are sent to, with the user and the password.
    pub fn add_checkpoint(&self) -> String {
        format!("{}/add-checkpoint", self.0.as_str().trim_end_matches('/'))
    }
}

impl FromStr for WitnessUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).ok().filter(|url| {
            ["http", "https"].contains(&url.scheme())
                && url.query().is_none()
                && url.fragment().is_none()
        });
        url.map(Self).ok_or("expected http://… or https://…, without ? and #")
    }
}

impl fmt::Display for WitnessUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(url) = self;
        write!(f, "{}{}", url.origin().ascii_serialization(), url.path())
    }
}

impl fmt::Debug for WitnessUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::WitnessUrl;

    #[test]
    fn checkpoints_are_sent_below_the_url_and_it_is_shown_without_its_password() {
        for (text, address, shown) in [
            ("http://127.0.0.1:81", "http://127.0.0.1:81/add-checkpoint", "http://127.0.0.1:81/"),
            ("https://w.example/a/", "https://w.example/a/add-checkpoint", "https://w.example/a/"),
            (
                "https://sam:secret@w.example/a",
                "https://sam:secret@w.example/a/add-checkpoint",
                "https://w.example/a",
            ),
        ] {
            let url: WitnessUrl = text.parse().unwrap();
            assert_eq!(url.add_checkpoint(), address);
            assert_eq!((url.to_string(), format!("{url:?}")), (shown.to_owned(), shown.to_owned()));
        }
        for text in
            ["", "w.example", "ftp://w.example", "file:///etc", "https://", "https://w/?a=b"]
        {
            assert!(text.parse::<WitnessUrl>().is_err(), "{text}");
        }
    }
}
