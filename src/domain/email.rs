//! E-mail addresses, and the key that tells two of them apart.

use std::{fmt, net::IpAddr, str::FromStr};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::characters::{is_joiner, shows_nothing};

/// The most characters of a local part (RFC 5321, section 4.5.3.1.1).
const LOCAL_MAX: usize = 64;

/// An e-mail address, as it was written, with its comparison key.
///
/// The key is the local part in lower case (ASCII), and the domain as A-labels in lower case (UTS 46,
/// non-transitional). Two addresses with different keys are two accounts: `straße.de` and
/// `strasse.de` belong to different owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress {
    text: String,
    key: String,
}

/// Why a text is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailError {
    /// The part before the @ has characters other than ASCII.
    LocalPartNotAscii,
    /// It does not have the form of an address.
    Malformed,
}

impl fmt::Display for EmailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LocalPartNotAscii => "The part before the @ can only have ASCII characters.",
            Self::Malformed => "It is not an e-mail address.",
        })
    }
}

impl EmailAddress {
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the address is compared by. It is an address with the same key itself.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for EmailAddress {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError::Malformed)?;
        if !local.is_ascii() {
            return Err(EmailError::LocalPartNotAscii);
        }
        let atoms =
            |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
        if local.is_empty() || local.len() > LOCAL_MAX || !local.bytes().all(atoms) {
            return Err(EmailError::Malformed);
        }
        let key = format!("{}@{}", local.to_ascii_lowercase(), domain_key(domain)?);
        Ok(Self { text: text.to_owned(), key })
    }
}

/// A domain as A-labels, or an address in brackets (RFC 5321, section 4.1.3).
fn domain_key(domain: &str) -> Result<String, EmailError> {
    let literal = domain.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    if let Some(literal) = literal {
        let address: IpAddr = literal.parse().map_err(|_| EmailError::Malformed)?;
        return Ok(format!("[{address}]"));
    }
    // They are no part of the key, so nobody would see where an address differs from its key.
    if domain.chars().any(|c| shows_nothing(c) && !is_joiner(c)) {
        return Err(EmailError::Malformed);
    }
    Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map(|it| it.to_ascii_lowercase())
        .map_err(|_| EmailError::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{EmailAddress, EmailError};

    fn key(text: &str) -> String {
        text.parse::<EmailAddress>().unwrap().key().to_owned()
    }

    #[test]
    fn case_does_not_matter_and_the_text_stays_as_it_is() {
        let address: EmailAddress = "Robin.Keller@EXAMPLE.com".parse().unwrap();
        assert_eq!(address.as_str(), "Robin.Keller@EXAMPLE.com");
        assert_eq!(address.key(), "robin.keller@example.com");
    }

    #[test]
    fn a_domain_is_compared_as_a_labels() {
        assert_eq!(key("admin@BÜCHER.example"), "admin@xn--bcher-kva.example");
        assert_eq!(key("admin@xn--bcher-kva.EXAMPLE"), key("admin@bücher.example"));
        assert_eq!(key("admin@straße.de"), "admin@xn--strae-oqa.de");
        assert_ne!(key("admin@straße.de"), key("admin@strasse.de"));
        // Composed or not, full width or not: the same name in the DNS.
        assert_eq!(key("a@bu\u{308}cher.example"), key("a@bücher.example"));
        assert_eq!(key("a@ｅｘａｍｐｌｅ.com"), key("a@example.com"));
        assert_eq!(key("a@[192.0.2.1]"), "a@[192.0.2.1]");
    }

    #[test]
    fn a_local_part_that_is_not_ascii_is_refused() {
        for text in ["admın@example.com", "ſam@example.com", "\u{212a}im@example.com", "é@x.org"]
        {
            assert_eq!(text.parse::<EmailAddress>(), Err(EmailError::LocalPartNotAscii), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "@",
            "a",
            "a@",
            "@b",
            "a b@c.d",
            "a@b c",
            "a@b..c",
            "a@-b.c",
            "a@b_c.d",
            "a@[x]",
            "a\0@b.c",
            "a@b.c\0",
            "a@b.c ",
            " a@b.c",
            "a@b@c d",
            "a@xn--a.b",
            "a@b\u{ad}.c",
            "a@b\u{200b}.c",
            "a@b.c\u{fe0f}",
            "a@b\u{34f}.c",
            "\"a\"@b.c",
        ] {
            assert_eq!(text.parse::<EmailAddress>(), Err(EmailError::Malformed), "{text:?}");
        }
        let long = "x".repeat(65);
        assert!(format!("{long}@example.com").parse::<EmailAddress>().is_err());
    }

    proptest! {
        #[test]
        fn a_key_is_an_address_with_itself_as_the_key(text in "[a-zA-Z0-9.+-]{1,20}@\\PC{1,20}") {
            if let Ok(address) = text.parse::<EmailAddress>() {
                let key = address.key();
                prop_assert!(key.is_ascii() && key == key.to_ascii_lowercase());
                prop_assert_eq!(key.parse::<EmailAddress>().map(|it| it.key().to_owned()), Ok(key.to_owned()));
            }
        }

        #[test]
        fn addresses_that_differ_in_more_than_case_have_two_keys(
            one in "[a-z0-9.+-]{1,12}", other in "[a-z0-9.+-]{1,12}",
        ) {
            let same = key(&format!("{one}@x.org")) == key(&format!("{}@X.ORG", other.to_uppercase()));
            prop_assert_eq!(same, one == other);
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = text.parse::<EmailAddress>();
        }
    }
}
