//! The scope that an operation needs from an API client, for the service and its document.

use actix_web::http::Method;

use crate::domain::{policy::Needs, scope::Scope};

/// What an operation needs from an API client. A path without a rule is not for API clients.
pub fn needs(method: &Method, path: &str) -> Needs {
    let segments: Vec<&str> = path.split('/').filter(|it| !it.is_empty()).collect();
    let has = |names: &[&str]| segments.iter().any(|it| names.contains(it));
    let (read, write) = match segments.first() {
        // A password takes a person.
        Some(&"me") if has(&["password"]) => return Needs::Session,
        Some(&"me") => return Needs::Nothing,
        // The plans of a group too: a change of the group changes what its members get.
        Some(&"groups") => (Scope::UsersRead, Scope::UsersWrite),
        Some(&("users" | "activity")) if has(&["batch"]) => {
            (Scope::ActivityIngest, Scope::ActivityIngest)
        }
        Some(&"ledger") => (Scope::ActivityRead, Scope::ActivityWrite),
        Some(&("users" | "activity")) if has(&["activity"]) => {
            (Scope::ActivityRead, Scope::ActivityWrite)
        }
        Some(&("courses" | "enrollments" | "certifications" | "learning-plans")) => {
            (Scope::LearningRead, Scope::LearningWrite)
        }
        Some(&"users")
            if has(&["enrollments", "certifications", "learning-plans", "external-training"]) =>
        {
            (Scope::LearningRead, Scope::LearningWrite)
        }
        Some(&"users") => (Scope::UsersRead, Scope::UsersWrite),
        _ => return Needs::Session,
    };
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    Needs::Scope(if is_read { read } else { write })
}
