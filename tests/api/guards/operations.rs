//! Guard: every operation has its lines in the tests. The other guards walk the operations that do.

use crate::support::{
    app::TestApp,
    contract::operations,
    outcomes::outcomes,
    sample_requests::request,
    samples::{Fixture, sample_path},
    scopes::needs,
};

#[test]
fn every_operation_has_its_lines_in_the_tests() {
    let fixture = Fixture::new(&TestApp::start());
    let mut missing = Vec::new();
    for operation in operations() {
        let id = operation.id;
        let mut lacks = |what: &str, file: &str| {
            missing.push(format!("{id} lacks {what}: add it to tests/api/support/{file}"));
        };
        if request(&fixture, id).is_none() {
            lacks("a sample request with its entries", "sample_requests.rs");
        }
        if let Some((_, rest)) = sample_path(&fixture, &operation).split_once('{') {
            let parameter = rest.split('}').next().unwrap();
            lacks(&format!("an id for its {parameter}"), "samples.rs");
        }
        if outcomes(id).is_none() {
            lacks("the outcome for each kind of caller", "outcomes.rs");
        }
        if needs(id).is_none() {
            lacks("what it requires of an API client", "scopes.rs");
        }
    }
    assert!(missing.is_empty(), "{} lines:\n{}", missing.len(), missing.join("\n"));
}
