//! Who the caller is now, whatever their token says.

use crate::{
    db::connection::AnyConnection,
    domain::policy::{Caller, Credentials},
    error::Result,
    store,
};

/// Who the caller is now, whatever his token says.
///
/// # Errors
/// `invalid_token` where his session has ended, his API client is revoked, or he is not active any
/// more; `insufficient_scope` and `forbidden` where his API client is not good for the operation.
pub fn caller(conn: &mut AnyConnection, credentials: Credentials) -> Result<Caller> {
    Ok(match credentials {
        Credentials::Session(user, session) => {
            Caller::Known(store::sessions::identity(conn, session, user)?)
        }
        Credentials::Client(user, client, scopes, needs) => {
            let identity = store::api_clients::identity(conn, client, user, scopes)?;
            identity.must_reach(needs)?;
            Caller::Known(identity)
        }
        Credentials::External(user) => Caller::Known(store::users::get(conn, user)?.identity()?),
        Credentials::None => Caller::Nobody,
        Credentials::Service => Caller::Service,
    })
}
