//! Guard: each change without an entry of its own is listed here, with its reason.

use std::collections::BTreeMap;

use crate::support::sources::sources;

/// How often a file says that a change has no entry of its own, by the words that it says it with.
///
/// - `Catalogue`: courses, certifications, plans and groups concern no user. What follows for users
///   has entries.
/// - `InParts`: each line of an import, and each scene of the demo data, has entries of its own.
/// - `Token`: a token is issued or renewed; the session, or the client, goes on.
/// - `Housekeeping`: log-in attempts, and the replies that are kept for repeated requests.
/// - `revised`: a revision tells of an edited note.
/// - `ingested`: entries of other systems are the change itself.
const LISTED: &[(&str, &str, usize)] = &[
    ("changes/attempts.rs", "Unlogged::Housekeeping", 5),
    ("changes/catalogue.rs", "Unlogged::Catalogue", 2),
    ("changes/certifications.rs", "Unlogged::Catalogue", 1),
    ("changes/courses.rs", "Unlogged::Catalogue", 1),
    ("changes/groups.rs", "Unlogged::Catalogue", 3),
    ("changes/idempotency.rs", "Unlogged::Housekeeping", 3),
    ("changes/import/lines.rs", "Unlogged::InParts", 1),
    ("changes/ingest.rs", "ingested", 1),
    ("changes/notes/edit.rs", "revised", 1),
    ("changes/plans.rs", "Unlogged::Catalogue", 1),
    ("changes/sessions.rs", "Unlogged::Housekeeping", 1),
    ("changes/sessions.rs", "Unlogged::Token", 1),
    ("changes/token_grants.rs", "Unlogged::Token", 1),
    ("cli/ledger_key.rs", "Unlogged::Housekeeping", 1),
    ("demo/mod.rs", "Unlogged::InParts", 1),
];

/// What a file says in `Recorded::unlogged(Unlogged::…`, `Recorded::revised` and
/// `Recorded::ingested`, white space and line breaks aside.
fn said(text: &str) -> Vec<String> {
    let code: String = text.split_whitespace().collect();
    let calls = code.split("Recorded::").skip(1);
    let said = calls.filter_map(|call| {
        let name: String = call.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        match name.as_str() {
            "unlogged" => {
                let reason = call.trim_start_matches("unlogged").trim_start_matches('(');
                Some(reason.split([',', ')']).next().unwrap_or_default().to_owned())
            }
            "revised" | "ingested" => Some(name),
            _ => None,
        }
    });
    said.collect()
}

#[test]
fn every_change_without_an_entry_is_listed_with_its_reason() {
    let mut found: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (path, text) in sources("src") {
        for words in said(&text) {
            *found.entry((path.display().to_string(), words)).or_default() += 1;
        }
    }
    let listed =
        LISTED.iter().map(|(path, words, uses)| (((*path).to_owned(), (*words).to_owned()), *uses));
    assert_eq!(found, listed.collect(), "list a new one with its reason, or give it an entry");
}

#[test]
fn a_use_is_found_however_it_is_written() {
    let text = "Ok(Recorded::unlogged(\n    Unlogged::Token,\n    row,\n))\nRecorded::revised(row)";
    assert_eq!(said(text), ["Unlogged::Token", "revised"]);
    assert_eq!(said("Recorded::unchanged(row)"), Vec::<String>::new());
    assert_eq!(said("Recorded::unlogged(reason, row)"), ["reason"]);
}
