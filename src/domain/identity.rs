//! A user who has proved their identity, and the proof.

use super::{
    entry::Actor,
    ids::{ApiClientId, SessionId, UserId},
    scope::Scopes,
    user::{Role, UserKind},
};

/// A user who has proved their identity.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The user.
    pub id: UserId,
    /// Their current name.
    pub name: String,
    /// A person or an API account.
    pub kind: UserKind,
    /// Their current role.
    pub role: Role,
    /// The basis of their token.
    pub proof: Proof,
}

/// The basis of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A log-in.
    Session(SessionId),
    /// The company's identity provider, which authenticated them.
    External,
    /// An API client, with the scopes that both its token and the client itself have.
    Client(ApiClientId, Scopes),
}

impl Identity {
    /// The user as entries name them.
    pub fn actor(&self) -> Actor {
        Actor { id: self.id, name: self.name.clone(), kind: self.kind }
    }

    /// The session of their log-in, if they logged in.
    pub fn session(&self) -> Option<SessionId> {
        match self.proof {
            Proof::Session(session) => Some(session),
            Proof::Client(..) | Proof::External => None,
        }
    }

    /// The scopes that limit them, if any do.
    pub fn scopes(&self) -> Option<Scopes> {
        match self.proof {
            Proof::Session(_) | Proof::External => None,
            Proof::Client(_, scopes) => Some(scopes),
        }
    }
}
