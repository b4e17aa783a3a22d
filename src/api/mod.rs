//! HTTP: request and response types, and thin handlers, in a room for each group of resources.

pub mod activity;
pub mod groups;
pub mod http;
pub mod learning;
pub mod ledger;
pub mod limits;
pub mod middleware;
pub mod openapi;
pub mod session;
pub mod users;

use http::endpoint::Endpoint;

/// Every operation of the service, in the order of the document.
pub fn endpoints() -> Vec<Endpoint> {
    [
        session::login::endpoints(),
        session::me::endpoints(),
        session::own_password::endpoints(),
        session::oauth::endpoints(),
        users::users::endpoints(),
        users::import::endpoints(),
        activity::user_log::endpoints(),
        activity::all_logs::endpoints(),
        activity::ingest::endpoints(),
        activity::export::endpoints(),
        learning::enrollments::endpoints(),
        users::plans::endpoints(),
        users::external_training::endpoints(),
        learning::courses::endpoints(),
        learning::certifications::endpoints(),
        users::certifications::endpoints(),
        learning::plans::endpoints(),
        groups::groups::endpoints(),
        groups::members::endpoints(),
        session::api_clients::endpoints(),
        ledger::feed::endpoints(),
        ledger::checkpoint::endpoints(),
        ledger::proof::endpoints(),
    ]
    .into_iter()
    .flatten()
    .map(|endpoint| endpoint.with_needs(session::scopes::needs))
    .collect()
}
