//! Who sent a request, for its line in the log.

use std::{cell::Cell, fmt, net::IpAddr, rc::Rc};

use actix_web::{HttpMessage, HttpRequest, dev::ServiceRequest, web};

use super::bearer;
use crate::{
    db::database::Db,
    domain::{
        ids::{ApiClientId, UserId},
        policy::Credentials,
    },
};

/// Who sent a request, as its token proves it.
#[derive(Clone, Copy)]
enum Id {
    User(UserId),
    Client(ApiClientId),
}

/// Who sent a request, and from where. Its text is for the log, and has no secret and no token.
pub struct LoggedCaller {
    id: Rc<Cell<Option<Id>>>,
    address: Option<IpAddr>,
}

/// What the request keeps: the user of an identity provider's token is found later than the log line
/// begins.
struct FoundLater(Rc<Cell<Option<Id>>>);

impl LoggedCaller {
    /// The sender of a request from an address, by its token if that is one of ours.
    pub fn new(request: &ServiceRequest, address: Option<IpAddr>) -> Self {
        let id = Rc::new(Cell::new(from_token(request.request())));
        request.extensions_mut().insert(FoundLater(Rc::clone(&id)));
        Self { id, address }
    }
}

fn from_token(request: &HttpRequest) -> Option<Id> {
    let now = request.app_data::<web::Data<Db>>()?.clock().now();
    match bearer::credentials(request, now) {
        Ok(Credentials::Session(user, _)) => Some(Id::User(user)),
        Ok(Credentials::Client(_, client, ..)) => Some(Id::Client(client)),
        _ => None,
    }
}

/// Notes the user whom the token of an identity provider stands for.
pub fn note_user(request: &HttpRequest, user: UserId) {
    if let Some(FoundLater(id)) = request.extensions().get() {
        id.set(Some(Id::User(user)));
    }
}

impl fmt::Display for LoggedCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id.get() {
            Some(Id::User(user)) => write!(f, "user={user}")?,
            Some(Id::Client(client)) => write!(f, "client={client}")?,
            None => f.write_str("user=-")?,
        }
        match self.address {
            Some(address) => write!(f, " address={address}"),
            None => f.write_str(" address=-"),
        }
    }
}
