//! The service under test, in this process, on free ports; and clients of it. On PostgreSQL it is two
//! replicas, and each request goes to the next one, as a plain load balancer does it: so whatever a
//! test says holds across replicas.

use std::{
    net::TcpListener,
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use actix_web::dev::ServerHandle;
use daybook::{
    api::{http::metrics::Metrics, limits::requests::Limits},
    app::{self, Services},
    auth::{
        passwords::{Cost, Passwords},
        seal::Sealer,
        tokens::Tokens,
    },
    changes::{self, users::CreateUser},
    db::database::{Db, Options},
    domain::{
        clock::Clock,
        ids::UserId,
        policy::Credentials,
        user::{Role, UserKind, UserStatus},
    },
};
use serde_json::{Value, json};
use ureq::{Agent, http};

use super::{contract, database::TestDatabase};

/// The password of everybody in the tests.
pub const PASSWORD: &str = "a long password";

/// The secret that the tests sign tokens with.
pub const SECRET: &[u8] = b"the secret of the tests, not of anybody else";

/// Settings about those outside, as an operator writes them.
pub struct Outside {
    pub rate_limit: &'static str,
    pub trusted_proxies: &'static str,
    pub cors_origins: &'static str,
}

impl Default for Outside {
    /// Nobody is limited: a test sends more in a minute than anybody.
    fn default() -> Self {
        Self { rate_limit: "off", trusted_proxies: "", cors_origins: "" }
    }
}

/// The service, running.
pub struct TestApp {
    pub address: String,
    pub clock: Clock,
    pub db: Db,
    pub admin_id: UserId,
    _replicas: Vec<Replica>,
    others: Arc<[String]>,
    agent: Agent,
    counter: AtomicUsize,
    pub database: TestDatabase,
}

impl TestApp {
    /// On a new database, with one administrator in it.
    pub fn start() -> Self {
        Self::start_with(Clock::system())
    }

    /// The same, by a clock that the test moves.
    pub fn start_with(clock: Clock) -> Self {
        Self::start_to(clock, &Outside::default())
    }

    /// The same, without a second replica: for what is seen in one process alone.
    pub fn start_single() -> Self {
        Self::start_adjusted(Clock::system(), &Outside::default(), |_| {})
    }

    /// The same, with what an operator can set about those outside.
    pub fn start_to(clock: Clock, outside: &Outside) -> Self {
        let database = TestDatabase::migrated();
        // Requests are counted by each replica for itself.
        let single = database.url.is_sqlite() || outside.rate_limit != "off";
        let services = || services(&database, &clock, outside);
        let services = (0..if single { 1 } else { 2 }).map(|_| services()).collect();
        Self::of(database, clock, services)
    }

    /// The same, with other services than the usual ones, and without a second replica.
    pub fn start_adjusted(
        clock: Clock,
        outside: &Outside,
        adjust: impl FnOnce(&mut Services),
    ) -> Self {
        let database = TestDatabase::migrated();
        let mut services = services(&database, &clock, outside);
        adjust(&mut services);
        Self::of(database, clock, vec![services])
    }

    fn of(database: TestDatabase, clock: Clock, services: Vec<Services>) -> Self {
        let db = services[0].db.clone();
        let admin_id = block_on(first_admin(&db, &services[0].passwords));
        let replicas: Vec<Replica> = services.into_iter().map(Replica::start).collect();
        let address = replicas[0].address.clone();
        let others = replicas[1..].iter().map(|it| it.address.clone()).collect();
        let (agent, counter) = (agent(), AtomicUsize::new(0));
        Self { address, clock, db, admin_id, _replicas: replicas, others, agent, counter, database }
    }

    /// Somebody without a token.
    pub fn stranger(&self) -> Client {
        let (agent, others) = (self.agent.clone(), Arc::clone(&self.others));
        Client { agent, others, ..client_at(&self.address) }
    }

    /// The administrator who was there first.
    pub fn admin(&self) -> Client {
        self.client_of("admin@example.com")
    }

    /// A client that logged in with an e-mail address.
    pub fn client_of(&self, email: &str) -> Client {
        let answer = self.log_in(email, PASSWORD).ok(200);
        self.client_with(answer["access_token"].as_str().unwrap())
    }

    /// A client with a token.
    pub fn client_with(&self, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..self.stranger() }
    }

    /// Tries to log in.
    pub fn log_in(&self, email: &str, password: &str) -> Answer {
        self.stranger().post("/auth/login", json!({"email": email, "password": password}))
    }

    /// A new person with a role, created by the administrator.
    pub fn person(&self, role: &str, given_name: &str, surname: &str) -> Person {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let email = format!("{}.{number}@example.com", given_name.to_lowercase());
        let body = json!({
            "email": email, "given_name": given_name, "surname": surname, "role": role,
            "password": PASSWORD,
        });
        let user = self.admin().post("/users", body).ok(201);
        Person {
            id: text(&user["id"]),
            email: email.clone(),
            name: text(&user["name"]),
            client: self.client_of(&email),
        }
    }

    /// A new learner.
    pub fn learner(&self, given_name: &str) -> Person {
        self.person("learner", given_name, "Learner")
    }

    /// A new course, by its title.
    pub fn course(&self, title: &str) -> String {
        let body = json!({"title": title, "type": "scorm"});
        text(&self.admin().post("/courses", body).ok(201)["id"])
    }

    /// A new learning plan, by its name.
    pub fn plan(&self, name: &str) -> String {
        text(&self.admin().post("/learning-plans", json!({"name": name})).ok(201)["id"])
    }

    /// A new group, by its name.
    pub fn group(&self, name: &str) -> String {
        text(&self.admin().post("/groups", json!({"name": name})).ok(201)["id"])
    }

    /// A new enrollment of a user in a course.
    pub fn enrollment(&self, user: &str, course: &str) -> String {
        let path = format!("/users/{user}/enrollments");
        text(&self.admin().post(&path, json!({"course_id": course})).ok(201)["id"])
    }

    /// Everything in a user's log, newest first, as the administrator sees it.
    pub fn log(&self, user: &str) -> Vec<Value> {
        self.admin().all(&format!("/users/{user}/activity"))
    }

    /// The actions in a user's log, newest first, without those that made and let in the user.
    pub fn actions(&self, user: &str) -> Vec<String> {
        let log = self.log(user).into_iter().map(|entry| text(&entry["action"]));
        log.filter(|action| action != "user.created" && !action.starts_with("session.")).collect()
    }
}

/// What a replica is made of.
fn services(database: &TestDatabase, clock: &Clock, outside: &Outside) -> Services {
    Services {
        db: Db::open(&Options::of(database.url.clone(), 2), clock.clone()).unwrap(),
        tokens: Tokens::new(SECRET, None),
        identity_provider: None,
        sealer: Sealer::new(SECRET, None).unwrap(),
        // As cheap as argon2 can be: what it costs is tested nowhere.
        passwords: Passwords::new(Cost { memory_kib: 8, passes: 1 }, 2).unwrap(),
        metrics: Metrics::new().unwrap(),
        limits: Limits::new(
            outside.rate_limit.parse().unwrap(),
            outside.trusted_proxies.parse().unwrap(),
            SECRET,
            clock.clone(),
        ),
        origins: outside.cors_origins.parse().unwrap(),
    }
}

/// A server in a thread of its own, until it is dropped.
struct Replica {
    address: String,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Replica {
    fn start(services: Services) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (send, handle) = mpsc::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = app::server(services, listener, NonZero::<usize>::MIN, false).unwrap();
                send.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self { address, server: handle.recv().unwrap(), thread: Some(thread) }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        block_on(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A client of a server elsewhere, in a process of its own.
pub fn client_at(address: &str) -> Client {
    Client {
        address: address.to_owned(),
        others: [].into(),
        turn: Arc::default(),
        agent: agent(),
        token: None,
    }
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .build()
        .into()
}

async fn first_admin(db: &Db, passwords: &Passwords) -> UserId {
    let change = CreateUser {
        email: Some("admin@example.com".to_owned()),
        given_name: "Ada".to_owned(),
        surname: "Admin".to_owned(),
        kind: UserKind::Person,
        employee_id: None,
        status: UserStatus::Active,
        role: Role::Administrator,
        time_zone: "UTC".to_owned(),
        home_group_id: None,
        supervisor_ids: Vec::new(),
        password_hash: Some(passwords.hash(PASSWORD.to_owned()).await.unwrap()),
    };
    changes::apply(db, Credentials::Service, change).await.unwrap().0.id
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    actix_web::rt::System::new().block_on(future)
}

/// A person in a test, with a client that is logged in as him.
pub struct Person {
    pub id: String,
    pub email: String,
    pub name: String,
    pub client: Client,
}

/// Somebody who sends requests.
#[derive(Clone)]
pub struct Client {
    pub address: String,
    /// Of the other replicas: each request goes to the next one.
    pub others: Arc<[String]>,
    pub turn: Arc<AtomicUsize>,
    pub agent: Agent,
    pub token: Option<String>,
}

impl Client {
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[JSON], Some(&body.to_string()))
    }

    pub fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, &[JSON], Some(&body.to_string()))
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None)
    }

    /// A merge patch, on the condition of an entity tag.
    pub fn patch(&self, path: &str, etag: &str, body: Value) -> Answer {
        self.send("PATCH", path, &[JSON, ("if-match", etag)], Some(&body.to_string()))
    }

    /// A merge patch of whatever is there now.
    pub fn patch_now(&self, path: &str, body: Value) -> Answer {
        self.patch(path, "*", body)
    }

    /// Every item of a list, page by page.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let mut page = format!("{path}{separator}limit=100");
            if let Some(cursor) = &cursor {
                page = format!("{page}&cursor={cursor}");
            }
            let answer = self.get(&page).ok(200);
            items.extend(answer["data"].as_array().unwrap().iter().cloned());
            cursor = answer["page"]["next_cursor"].as_str().map(str::to_owned);
            assert_eq!(answer["page"]["has_more"], cursor.is_some());
            if cursor.is_none() {
                return items;
            }
        }
    }

    /// Any request; the answer is held against the document.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let answer = self.try_send(method, path, headers, body).unwrap();
        let content_type = answer.header("content-type");
        contract::check(method, path, answer.status, content_type.as_deref(), &answer.text);
        assert!(answer.header("x-request-id").is_some(), "{method} {path} has no X-Request-Id");
        answer
    }

    /// Any request, to a server that may be gone.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Answer, ureq::Error> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % (self.others.len() + 1);
        let address = turn.checked_sub(1).map_or(&self.address, |other| &self.others[other]);
        let mut request = http::Request::builder().method(method).uri(format!("{address}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = match body {
            Some(body) => self.agent.run(request.body(body.to_owned()).unwrap())?,
            None => self.agent.run(request.body(()).unwrap())?,
        };
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let text = response.body_mut().with_config().limit(64 << 20).read_to_string()?;
        Ok(Answer { status: response.status().as_u16(), headers, text })
    }
}

/// The header that says that a body is JSON.
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// The header that says that a body is CSV.
pub const CSV: (&str, &str) = ("content-type", "text/csv");

/// The header that says that a body is a form.
pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// What the service answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub text: String,
}

impl Answer {
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

    /// The body, of an answer that has this status.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The problem, of an answer that has this status and this code.
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

/// A text of an answer.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
