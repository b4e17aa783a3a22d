//! Guard: every form of "who may see whom" says the same, in any population: of one user, of a
//! session, of pairs, of a list, of a count, and over HTTP.

use std::collections::{BTreeMap, BTreeSet};

use daybook::{
    changes::{self, sessions::LogIn},
    config::session::SessionDays,
    domain::{
        identity::{Identity, Proof},
        ids::{SessionId, UserId},
        policy::{Act, Caller, Credentials, Relation, Visibility, may_be_author},
        user::{Role, UserKind, UserStatus},
    },
    store::{
        self,
        page::ListQuery,
        user_list::UserQuery,
        visible_users::{self, VisibleUsers},
    },
};
use proptest::{collection::vec, prelude::*, test_runner::Config};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, block_on},
    client::Client,
    reply::text,
};

/// A population in which any relation can occur. Users and groups are named by their position.
#[derive(Clone, Debug)]
struct Population {
    users: Vec<User>,
    /// Pairs of supervisor and user.
    supervisors: Vec<(usize, usize)>,
    /// Triples of group, user and their permissions there.
    members: Vec<(usize, usize, Permissions)>,
    /// Which groups are archived.
    archived: Vec<bool>,
}

#[derive(Clone, Debug)]
struct User {
    role: Role,
    home: Option<usize>,
    active: bool,
}

#[derive(Clone, Copy, Debug)]
struct Permissions {
    view_learner_results: bool,
    manage_users: bool,
}

const USERS: usize = 7;
const GROUPS: usize = 3;

fn populations() -> impl Strategy<Value = Population> {
    let role = prop_oneof![
        6 => Just(Role::Learner), 1 => Just(Role::Auditor), 1 => Just(Role::Administrator)
    ];
    let home = proptest::option::of(0..GROUPS);
    let user = (role, home, proptest::bool::weighted(0.9));
    let user = user.prop_map(|(role, home, active)| User { role, home, active });
    let permissions = (any::<bool>(), any::<bool>()).prop_map(|(view, manage)| Permissions {
        view_learner_results: view,
        manage_users: manage,
    });
    (
        vec(user, USERS),
        vec((0..USERS, 0..USERS), 0..6),
        vec((0..GROUPS, 0..USERS, permissions), 0..12),
        vec(proptest::bool::weighted(0.3), GROUPS),
    )
        .prop_map(|(users, supervisors, members, archived)| Population {
            users,
            supervisors,
            members,
            archived,
        })
}

impl Population {
    /// The permissions of a user on a group; the last word counts. `None` if they are no member.
    fn membership(&self, group: usize, user: usize) -> Option<Permissions> {
        let said = self.members.iter().rev().find(|it| (it.0, it.1) == (group, user));
        let at_home = self.users[user].home == Some(group);
        let none = Permissions { view_learner_results: false, manage_users: false };
        said.map(|it| it.2).or(at_home.then_some(none))
    }

    /// The relation, by the words of the policy: archived groups grant nothing.
    fn relation(&self, caller: usize, user: usize) -> Relation {
        let has = |group, permission: fn(&Permissions) -> bool| {
            let membership = self.membership(group, caller).filter(|_| !self.archived[group]);
            membership.is_some_and(|it| permission(&it))
        };
        Relation {
            own: caller == user,
            supervisor: caller != user && self.supervisors.contains(&(caller, user)),
            views_results: (0..GROUPS).any(|group| {
                self.membership(group, user).is_some() && has(group, |it| it.view_learner_results)
            }),
            manages: self.users[user].home.is_some_and(|home| has(home, |it| it.manage_users)),
        }
    }

    /// Creates everybody over HTTP, and returns their ids.
    fn create(&self, app: &TestApp) -> (Vec<UserId>, Vec<Client>) {
        let admin = app.admin();
        let people: Vec<_> = self
            .users
            .iter()
            .enumerate()
            .map(|(number, user)| app.person(user.role.as_str(), "Sam", &format!("N{number}")))
            .collect();
        let groups: Vec<String> =
            (0..GROUPS).map(|number| app.group(&format!("Group {number}"))).collect();
        for (number, user) in self.users.iter().enumerate() {
            let supervised_by = |it: &&(usize, usize)| it.1 == number && it.0 != number;
            let supervisors = self.supervisors.iter().filter(supervised_by);
            let supervisors: BTreeSet<&str> =
                supervisors.map(|it| people[it.0].id.as_str()).collect();
            let body = json!({
                "home_group_id": user.home.map(|group| &groups[group]),
                "supervisor_ids": supervisors,
                "status": if user.active { "active" } else { "inactive" },
            });
            admin.patch_now(&format!("/users/{}", people[number].id), body).ok(200);
        }
        for (group, user, permissions) in &self.members {
            let mut words = Vec::new();
            if permissions.view_learner_results {
                words.push("view_learner_results");
            }
            if permissions.manage_users {
                words.push("manage_users");
            }
            let path = format!("/groups/{}/members/{}", groups[*group], people[*user].id);
            admin.put(&path, json!({"permissions": words})).ok(200);
        }
        for (group, _) in groups.iter().zip(&self.archived).filter(|it| *it.1) {
            admin.patch_now(&format!("/groups/{group}"), json!({"status": "archived"})).ok(200);
        }
        people.into_iter().map(|it| (it.id.parse::<UserId>().unwrap(), it.client)).unzip()
    }
}

fn caller(id: UserId, role: Role) -> Caller {
    let (name, kind, proof) = (String::new(), UserKind::Person, Proof::External);
    Caller::User(Identity { id, name, kind, role, proof })
}

/// A session of a user, begun past the log-in over HTTP; its id is what the queries need.
fn session_of(app: &TestApp, user: UserId) -> SessionId {
    let row = block_on(app.db.read(move |conn| store::users::get(conn, user))).unwrap();
    let refresh_hash = format!("no token has this hash: {user}");
    let log_in = LogIn {
        user,
        days: SessionDays::default(),
        verified: row.password_hash,
        refresh_hash,
        attempt: None,
    };
    let live = changes::apply(&app.db, Credentials::None, log_in);
    block_on(live).unwrap().unwrap().session
}

fn ids(list: &[Value]) -> BTreeSet<UserId> {
    list.iter().map(|item| text(&item["id"]).parse().unwrap()).collect()
}

/// Holds every form against the model.
fn check(population: &Population) {
    let app = TestApp::start();
    let (users, clients) = population.create(&app);
    let pairs: BTreeSet<(UserId, UserId)> =
        users.iter().flat_map(|one| users.iter().map(|other| (*one, *other))).collect();
    let of_pairs = block_on(app.db.read(move |conn| visible_users::relations(conn, &pairs)));
    let of_pairs: BTreeMap<(UserId, UserId), Relation> = of_pairs.unwrap();

    for (from, User { role, active, .. }) in population.users.iter().enumerate() {
        let id = users[from];
        let caller = caller(id, *role);
        let session = active.then(|| session_of(&app, id));
        let mut related = BTreeSet::new();
        let mut seen = BTreeSet::new();
        for (to, user) in users.iter().copied().enumerate() {
            let expected = population.relation(from, to);
            let sees = caller.may(Act::SeeUser(expected));
            let one = app.db.read(move |conn| visible_users::relation(conn, Some(id), user));
            assert_eq!(block_on(one).unwrap(), expected, "{from} to {to}");
            assert_eq!(of_pairs[&(id, user)], expected, "{from} to {to}, of pairs");
            if let Some(session) = session {
                let query = app.db.read(move |conn| {
                    visible_users::identity_and_relation(conn, session, id, user)
                });
                let (identity, relation) = block_on(query).unwrap().unwrap();
                assert_eq!((identity.id, identity.role), (id, *role));
                assert_eq!(relation, expected, "{from} to {to}, of a session");
                let status = clients[from].get(&format!("/users/{user}")).status;
                assert_eq!(status, if sees { 200 } else { 404 }, "{from} to {to}, over HTTP");
            }
            if expected != Relation::default() {
                related.insert(user);
            }
            if sees {
                seen.insert(user);
            }
        }

        // The two forms of the filter: by ids, and by the relation itself.
        let filter = visible_users::find;
        let by_ids = app.db.read(move |conn| filter(conn, Visibility::RelatedTo(id)));
        let by_ids = block_on(by_ids).unwrap();
        assert_eq!(by_ids, VisibleUsers::These(related.iter().copied().collect()), "{from}");
        for visible in [by_ids, VisibleUsers::RelatedTo(id)] {
            let count = app.db.read(move |conn| UserQuery::default().count(conn, &visible));
            assert_eq!(block_on(count).unwrap(), related.len() as i64, "{from}, counted");
        }
        if *active {
            let page = clients[from].get("/users?include=total_count&limit=1").ok(200);
            let total = &page["page"]["total_count"];
            let mut listed = ids(&clients[from].all("/users"));
            assert_eq!(*total, listed.len(), "{from}, counted over HTTP");
            listed.remove(&app.admin_id);
            assert_eq!(listed, seen, "{from}, listed");
        }
    }

    // The Created By list is the rule for authors, asked of everybody.
    for (to, user) in users.iter().enumerate() {
        let mut expected = BTreeSet::from([app.admin_id]);
        for (from, User { role, active, .. }) in population.users.iter().enumerate() {
            let status = if *active { UserStatus::Active } else { UserStatus::Inactive };
            if may_be_author(*role, status, population.relation(from, to)) {
                expected.insert(users[from]);
            }
        }
        let listed = app.admin().all(&format!("/users/{user}/activity/creators"));
        assert_eq!(ids(&listed), expected, "the authors for {to}");
    }
}

#[test]
fn all_forms_of_who_may_see_whom_agree() {
    let config = Config {
        cases: 5,
        // A population takes a service of its own, so that a long search for a small one is slow.
        max_shrink_iters: 30,
        failure_persistence: None,
        ..Config::default()
    };
    proptest!(config, |(population in populations())| check(&population));
}
