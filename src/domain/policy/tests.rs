//! The table of permissions, as the API's documentation has it.

use super::*;
use crate::{
    domain::{clock::Clock, identity::Proof, user::UserKind},
    error::Code,
};

fn caller(role: Role, proof: Proof) -> Caller {
    let clock = Clock::system();
    let id = clock.new_id(clock.now());
    Caller::User(Identity {
        id,
        name: "Sam Rivera".to_owned(),
        kind: UserKind::Person,
        role,
        proof,
    })
}

fn person(role: Role) -> Caller {
    caller(role, Proof::External)
}

fn client(scopes: &[Scope]) -> Caller {
    let clock = Clock::system();
    let id = clock.new_id(clock.now());
    caller(Role::Administrator, Proof::Client(id, scopes.iter().copied().collect()))
}

/// All sixteen relations.
fn relations() -> impl Iterator<Item = Relation> {
    (0..16).map(|bits: u8| Relation {
        own: bits & 1 != 0,
        supervisor: bits & 2 != 0,
        views_results: bits & 4 != 0,
        manages: bits & 8 != 0,
    })
}

/// The acts that no relation changes, with whether an auditor and a learner may do them.
const ACTS: [(Act, bool, bool); 8] = [
    (Act::CreateUser, false, false),
    (Act::ChangeRole, false, false),
    (Act::ChangeMembership, false, false),
    (Act::Ingest, false, false),
    (Act::SeeCatalogue, true, true),
    (Act::ChangeCatalogue, false, false),
    (Act::SeeApiClients, true, false),
    (Act::ChangeApiClients, false, false),
];

#[test]
fn an_administrator_may_do_everything() {
    let administrator = person(Role::Administrator);
    assert!(ACTS.iter().all(|(act, ..)| administrator.may(*act)));
    for relation in relations() {
        let edit = Act::EditNote { relation, own: false };
        let acts =
            [Act::SeeUser(relation), Act::ChangeUser(relation), Act::AddNote(relation), edit];
        assert!(acts.iter().all(|act| administrator.may(*act)));
    }
}

#[test]
fn an_auditor_sees_everything_and_changes_nothing() {
    let auditor = person(Role::Auditor);
    for (act, allowed, _) in ACTS {
        assert_eq!(auditor.may(act), allowed, "{act:?}");
    }
    for relation in relations() {
        assert!(auditor.may(Act::SeeUser(relation)));
        let edit = Act::EditNote { relation, own: true };
        for act in [Act::ChangeUser(relation), Act::AddNote(relation), edit] {
            assert!(!auditor.may(act), "{act:?}");
        }
    }
}

#[test]
fn a_learner_may_do_what_their_relation_allows() {
    let learner = person(Role::Learner);
    for (act, _, allowed) in ACTS {
        assert_eq!(learner.may(act), allowed, "{act:?}");
    }
    for relation in relations() {
        assert_eq!(learner.may(Act::SeeUser(relation)), relation != Relation::default());
        assert_eq!(learner.may(Act::ChangeUser(relation)), relation.manages);
        assert_eq!(learner.may(Act::AddNote(relation)), relation.manages);
        for own in [false, true] {
            let edit = Act::EditNote { relation, own };
            assert_eq!(learner.may(edit), relation.manages && own);
        }
    }
}

#[test]
fn an_api_client_creates_no_access_beyond_its_scopes() {
    let client = client(Scope::ALL);
    for (act, ..) in ACTS {
        let widens_access = matches!(act, Act::ChangeRole | Act::ChangeApiClients);
        assert_eq!(client.may(act), !widens_access, "{act:?}");
    }
}

#[test]
fn nobody_may_do_nothing_and_the_service_everything() {
    for (act, ..) in ACTS {
        assert!(!Caller::Nobody.may(act) && Caller::Service.may(act), "{act:?}");
    }
    assert_eq!(Caller::Nobody.visibility(), Visibility::NoOne);
    assert_eq!(Caller::Service.visibility(), Visibility::Everyone);
}

#[test]
fn users_whom_the_caller_may_not_see_are_not_found() {
    let learner = person(Role::Learner);
    let stranger = Relation::default();
    let supervisor = Relation { supervisor: true, ..stranger };
    let refused = |relation| learner.must_for_user(relation, Act::AddNote(relation)).unwrap_err();
    assert_eq!(refused(stranger).code, Code::NotFound);
    assert_eq!(refused(supervisor).code, Code::Forbidden);
}

#[test]
fn the_filter_of_a_list_says_what_the_rule_says() {
    for role in Role::ALL.iter().copied() {
        let caller = person(role);
        let strangers = caller.may(Act::SeeUser(Relation::default()));
        let everyone = caller.visibility() == Visibility::Everyone;
        assert_eq!(everyone, strangers, "{role}");
    }
}

#[test]
fn an_author_is_active_and_may_write_notes() {
    for role in Role::ALL.iter().copied() {
        for relation in relations() {
            assert!(!may_be_author(role, UserStatus::Inactive, relation));
            let author = may_be_author(role, UserStatus::Active, relation);
            assert_eq!(author, person(role).may(Act::AddNote(relation)));
        }
    }
}

#[test]
fn an_operation_needs_its_scope_of_an_api_client_alone() {
    let code = |caller: &Caller, needs: Needs| {
        needs.check(caller.identity().unwrap()).err().map(|error| error.code)
    };
    let (reader, session) = (client(&[Scope::UsersRead]), person(Role::Learner));
    let write = Needs::Scope(Scope::UsersWrite);
    assert_eq!(code(&reader, Needs::Nothing), None);
    assert_eq!(code(&reader, Needs::Scope(Scope::UsersRead)), None);
    assert_eq!(code(&reader, write), Some(Code::InsufficientScope));
    assert_eq!(code(&reader, Needs::Session), Some(Code::Forbidden));
    assert_eq!([write, Needs::Session].map(|needs| code(&session, needs)), [None, None]);
}
