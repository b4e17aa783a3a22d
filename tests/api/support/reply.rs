//! A reply of the service, and what a test may expect of it.

use serde_json::Value;

/// A reply of the service.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone())
    }

    pub fn etag(&self) -> String {
        self.header("etag").unwrap()
    }

    /// The body, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The body of a reply that has this status.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The problem of a reply that has this status and this code.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.ok(status);
        assert_eq!(self.header("content-type").as_deref(), Some("application/problem+json"));
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id").as_deref());
        problem
    }

    /// An input error with this pointer and code, in a 422.
    #[track_caller]
    pub fn invalid(&self, pointer: &str, code: &str) {
        let problem = self.problem(422, "validation_failed");
        let errors = problem["errors"].as_array().unwrap();
        let found = errors.iter().any(|it| it["pointer"] == pointer && it["code"] == code);
        assert!(found, "no {code} at {pointer}: {problem}");
    }
}

/// A text in a reply.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
