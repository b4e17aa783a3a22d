//! HTTP: request and response types, thin handlers, one file for each noun.

pub mod activity;
pub mod answer;
pub mod api_clients;
pub mod attempts;
pub mod auth;
pub mod authenticate;
pub mod batch;
mod batch_items;
pub mod bearer;
pub mod body;
pub mod certifications;
pub mod client_address;
pub mod cors;
pub mod courses;
pub mod docs;
pub mod endpoint;
pub mod enrollments;
pub mod entry;
mod entry_json;
pub mod etag;
pub mod export;
pub mod export_form;
pub mod external_training;
pub mod extract;
pub mod feed;
pub mod filter;
pub mod group_relations;
pub mod groups;
pub mod health;
pub mod idempotency;
pub mod import;
pub mod import_csv;
pub mod learning_plans;
pub mod middleware;
pub mod oauth;
pub mod openapi;
pub mod page;
pub mod parse;
pub mod problem;
pub mod rate_limit;
pub mod scopes;
pub mod user_plans;
pub mod users;
pub mod validate;
pub mod windows;

use endpoint::Endpoint;

/// Every operation of the service, in the order of the document.
pub fn endpoints() -> Vec<Endpoint> {
    [
        auth::endpoints(),
        oauth::endpoints(),
        users::endpoints(),
        import::endpoints(),
        activity::endpoints(),
        feed::endpoints(),
        batch::endpoints(),
        export::endpoints(),
        enrollments::endpoints(),
        user_plans::endpoints(),
        external_training::endpoints(),
        courses::endpoints(),
        certifications::endpoints(),
        learning_plans::endpoints(),
        groups::endpoints(),
        group_relations::endpoints(),
        api_clients::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
