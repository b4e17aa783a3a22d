//! The caller of a request, as the database has them now.

use crate::{
    db::connection::AnyConnection,
    domain::policy::{Caller, Credentials},
    error::Result,
    store,
};

/// The caller with their current name and role, whatever their token says.
///
/// # Errors
/// `invalid_token` where the session has ended, the API client is revoked, or the user is inactive.
/// `insufficient_scope` and `forbidden` where the API client lacks what the operation needs.
pub fn caller(conn: &mut AnyConnection, credentials: Credentials) -> Result<Caller> {
    Ok(match credentials {
        Credentials::Session(user, session) => {
            Caller::User(store::sessions::identity(conn, session, user)?)
        }
        Credentials::Client(user, client, scopes, needs) => {
            let identity = store::api_clients::identity(conn, client, user, scopes)?;
            needs.check(&identity)?;
            Caller::User(identity)
        }
        Credentials::External(user) => Caller::User(store::users::get(conn, user)?.identity()?),
        Credentials::None => Caller::Nobody,
        Credentials::Service => Caller::Service,
    })
}
