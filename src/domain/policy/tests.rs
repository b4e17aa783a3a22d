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

const STRANGER: Relation =
    Relation { own: false, supervisor: false, views_results: false, manages: false };
const OWN: Relation = Relation { own: true, ..STRANGER };
const SUPERVISOR: Relation = Relation { supervisor: true, ..STRANGER };
const VIEWER: Relation = Relation { views_results: true, ..STRANGER };
const MANAGER: Relation = Relation { manages: true, ..STRANGER };

/// All sixteen relations.
fn relations() -> impl Iterator<Item = Relation> {
    (0..16).map(|bits: u8| Relation {
        own: bits & 1 != 0,
        supervisor: bits & 2 != 0,
        views_results: bits & 4 != 0,
        manages: bits & 8 != 0,
    })
}

/// All relations to a user of any role.
fn subjects() -> impl Iterator<Item = Subject> {
    let with_role = |role: &Role| {
        let role = *role;
        relations().map(move |relation| Subject { relation, role })
    };
    Role::ALL.iter().flat_map(with_role)
}

/// The columns of the table: the role of the caller, their relation, and the role of the user.
const COLUMNS: [(Role, Relation, Role); 10] = [
    (Role::Learner, STRANGER, Role::Learner),
    (Role::Learner, OWN, Role::Learner),
    (Role::Learner, SUPERVISOR, Role::Learner),
    (Role::Learner, VIEWER, Role::Learner),
    (Role::Learner, MANAGER, Role::Learner),
    (Role::Learner, MANAGER, Role::Auditor),
    (Role::Learner, MANAGER, Role::Administrator),
    (Role::Auditor, STRANGER, Role::Learner),
    (Role::Auditor, OWN, Role::Auditor),
    (Role::Administrator, STRANGER, Role::Learner),
];

/// A row of the table: an act, and who may, in the order of the columns.
struct Row {
    act: fn(Subject) -> Act,
    who: [u8; 10],
}

const TABLE: [Row; 14] = [
    // Columns: stranger, own, supervisor, viewer, manager of a learner, of an auditor, of an
    // administrator; auditor, auditor's own, administrator.
    Row { act: |it| Act::SeeUser(it.relation), who: [0, 1, 1, 1, 1, 1, 1, 1, 1, 1] },
    Row { act: Act::StartEnrollment, who: [0, 1, 0, 0, 1, 0, 0, 0, 1, 1] },
    Row { act: Act::ChangeUser, who: [0, 0, 0, 0, 1, 0, 0, 0, 0, 1] },
    Row { act: Act::GradeEnrollment, who: [0, 0, 0, 0, 1, 0, 0, 0, 0, 1] },
    Row { act: |_| Act::ChangeAccount, who: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
    Row { act: |_| Act::WidenAccess, who: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
    Row { act: |_| Act::CreateUser, who: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
    Row { act: |it| Act::AddNote(it.relation), who: [0, 0, 0, 0, 1, 1, 1, 0, 0, 1] },
    Row { act: edit_note, who: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
    Row { act: edit_own_note, who: [0, 0, 0, 0, 1, 1, 1, 0, 0, 1] },
    Row { act: |_| Act::SeeCatalogue, who: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] },
    Row { act: |_| Act::ChangeCatalogue, who: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
    Row { act: |_| Act::SeeApiClients, who: [0, 0, 0, 0, 0, 0, 0, 1, 1, 1] },
    Row { act: |_| Act::ChangeApiClients, who: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
];

fn edit_note(subject: Subject) -> Act {
    Act::EditNote { relation: subject.relation, own: false }
}

fn edit_own_note(subject: Subject) -> Act {
    Act::EditNote { relation: subject.relation, own: true }
}

/// Every act, concerning a user; `Ingest` is in no row of the table.
fn acts(subject: Subject) -> impl Iterator<Item = Act> {
    TABLE.iter().map(move |row| (row.act)(subject)).chain([Act::Ingest])
}

#[test]
fn the_table_of_permissions_is_what_the_policy_says() {
    for row in TABLE {
        for (allowed, (caller, relation, role)) in row.who.iter().zip(COLUMNS) {
            let act = (row.act)(Subject { relation, role });
            let may = person(caller).may(act);
            assert_eq!(may, *allowed == 1, "{caller} with {relation:?} to {role}: {act:?}");
        }
    }
}

#[test]
fn several_relations_allow_what_each_of_them_allows() {
    let learner = person(Role::Learner);
    for subject in subjects() {
        let Subject { relation, role } = subject;
        let single = [
            Relation { own: relation.own, ..STRANGER },
            Relation { supervisor: relation.supervisor, ..STRANGER },
            Relation { views_results: relation.views_results, ..STRANGER },
            Relation { manages: relation.manages, ..STRANGER },
        ];
        for row in TABLE {
            let one = |relation| learner.may((row.act)(Subject { relation, role }));
            let act = (row.act)(subject);
            let own_grade = relation.own && matches!(act, Act::GradeEnrollment(_));
            assert_eq!(learner.may(act), single.into_iter().any(one) && !own_grade, "{act:?}");
        }
    }
}

#[test]
fn nobody_grades_their_own_enrollment_but_administrators() {
    for subject in subjects().filter(|it| it.relation.own) {
        for role in Role::ALL.iter().copied() {
            let may = person(role).may(Act::GradeEnrollment(subject));
            assert_eq!(may, role == Role::Administrator, "{role}: {subject:?}");
        }
    }
}

#[test]
fn an_auditor_gains_nothing_by_a_relation() {
    let auditor = person(Role::Auditor);
    for subject in subjects() {
        let stranger = Subject { relation: STRANGER, ..subject };
        for (act, to_stranger) in acts(subject).zip(acts(stranger)) {
            let starts_own = matches!(act, Act::StartEnrollment(it) if it.relation.own);
            assert_eq!(auditor.may(act), auditor.may(to_stranger) || starts_own, "{act:?}");
        }
    }
}

#[test]
fn an_administrator_may_do_everything_and_alone_sends_batches() {
    for subject in subjects() {
        assert!(acts(subject).all(|act| person(Role::Administrator).may(act)));
    }
    assert!([Role::Learner, Role::Auditor].iter().all(|role| !person(*role).may(Act::Ingest)));
}

#[test]
fn an_api_client_widens_no_access_whatever_its_scopes() {
    let client = client(Scope::ALL);
    for act in acts(Subject { relation: STRANGER, role: Role::Learner }) {
        let takes_a_person = matches!(act, Act::WidenAccess | Act::ChangeApiClients);
        assert_eq!(client.may(act), !takes_a_person, "{act:?}");
    }
}

#[test]
fn nobody_may_do_nothing_and_the_service_everything() {
    for act in subjects().flat_map(acts) {
        assert!(!Caller::Nobody.may(act) && Caller::Service.may(act), "{act:?}");
    }
    assert_eq!(Caller::Nobody.visibility(), Visibility::NoOne);
    assert_eq!(Caller::Service.visibility(), Visibility::Everyone);
}

#[test]
fn users_whom_the_caller_may_not_see_are_not_found() {
    let learner = person(Role::Learner);
    let refused = |relation| learner.must_for_user(relation, Act::AddNote(relation)).unwrap_err();
    assert_eq!(refused(STRANGER).code, Code::NotFound);
    assert_eq!(refused(SUPERVISOR).code, Code::Forbidden);
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
