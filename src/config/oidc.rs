//! Settings of the company's own identity provider.

use std::str::FromStr;

/// An identity provider, whose tokens are accepted.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its issuer identifier, a URL.
    pub issuer: String,
    /// The audience that its tokens must name.
    pub audience: String,
    /// How a token identifies its user.
    pub user: OidcUser,
}

/// The URL of an issuer: https, or http on this machine.
#[derive(Clone, Debug)]
pub struct IssuerUrl(pub String);

impl FromStr for IssuerUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let is_local = local.iter().any(|start| {
            text.strip_prefix(start).is_some_and(|it| it.is_empty() || it.starts_with([':', '/']))
        });
        let is_https = text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
        if (is_https || is_local) && !text.contains(['?', '#', ' ']) {
            return Ok(Self(text.to_owned()));
        }
        Err("expected https://… (http:// only for this machine)".to_owned())
    }
}

/// A field that identifies a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserField {
    /// The e-mail address, compared by its key.
    Email,
    /// The employee id.
    EmployeeId,
}

/// The claim of a token that has the value of a field of its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcUser {
    /// The field of the user.
    pub field: UserField,
    /// The claim of the token.
    pub claim: String,
    /// Whether the token must say that the address is verified. An operator who names the claim
    /// knows what the provider writes into it.
    pub verified: bool,
}

impl FromStr for OidcUser {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (field, claim) = text.split_once(':').unwrap_or((text, text));
        let field = match field {
            "email" => UserField::Email,
            "employee_id" => UserField::EmployeeId,
            _ => return Err("expected email, email:CLAIM or employee_id:CLAIM".to_owned()),
        };
        if claim.is_empty() {
            return Err("the claim is missing after the colon".to_owned());
        }
        let verified = field == UserField::Email && !text.contains(':');
        Ok(Self { field, claim: claim.to_owned(), verified })
    }
}
