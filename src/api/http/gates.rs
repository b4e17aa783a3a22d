//! Gates: who may read a list or a resource, and which users' rows a list may show them.

use crate::{
    access::{
        caller::caller,
        users::{caller_who_sees, visible},
    },
    db::reader::Reader,
    domain::{
        ids::UserId,
        policy::{Act, Caller, Credentials},
    },
    error::Result,
    store::visible_users::VisibleUsers,
};

/// Who may read, and the scope `S` of what they may see.
pub trait Gate<S>: Send + 'static {
    /// Finds who the caller is now and what they may see.
    ///
    /// # Errors
    /// `invalid_token` if the caller's session has ended; `forbidden` or `not_found` if they may
    /// not read.
    fn admit(self, reader: &mut Reader<'_>, credentials: Credentials) -> Result<(Caller, S)>;
}

/// Everybody who is logged in.
pub struct Catalogue;

impl Gate<()> for Catalogue {
    fn admit(self, reader: &mut Reader<'_>, credentials: Credentials) -> Result<(Caller, ())> {
        must(reader, credentials, Act::SeeCatalogue)
    }
}

/// Those who may see API clients.
pub struct ApiClients;

impl Gate<()> for ApiClients {
    fn admit(self, reader: &mut Reader<'_>, credentials: Credentials) -> Result<(Caller, ())> {
        must(reader, credentials, Act::SeeApiClients)
    }
}

fn must(reader: &mut Reader<'_>, credentials: Credentials, act: Act) -> Result<(Caller, ())> {
    let caller = caller(reader, credentials)?;
    caller.must(act)?;
    Ok((caller, ()))
}

/// Everybody who is logged in; a list across users shows them those whom they may see.
pub struct AcrossUsers;

impl Gate<VisibleUsers> for AcrossUsers {
    fn admit(
        self,
        reader: &mut Reader<'_>,
        credentials: Credentials,
    ) -> Result<(Caller, VisibleUsers)> {
        let caller = caller(reader, credentials)?;
        let visible = visible(reader, &caller)?;
        Ok((caller, visible))
    }
}

/// Those who may see this user.
pub struct OneUser(pub UserId);

impl Gate<()> for OneUser {
    fn admit(self, reader: &mut Reader<'_>, credentials: Credentials) -> Result<(Caller, ())> {
        Ok((caller_who_sees(reader, credentials, self.0)?, ()))
    }
}

impl Gate<VisibleUsers> for OneUser {
    fn admit(
        self,
        reader: &mut Reader<'_>,
        credentials: Credentials,
    ) -> Result<(Caller, VisibleUsers)> {
        let caller = caller_who_sees(reader, credentials, self.0)?;
        Ok((caller, VisibleUsers::These(vec![self.0])))
    }
}
