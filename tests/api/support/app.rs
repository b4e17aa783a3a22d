//! The service under test, in this process, on free ports. On PostgreSQL there are two replicas,
//! and requests alternate between them, so every test holds across replicas.

use std::{
    net::TcpListener,
    num::NonZero,
    sync::{Arc, atomic::AtomicUsize, mpsc},
    thread::{self, JoinHandle},
};

use actix_web::dev::ServerHandle;
use daybook::{
    api::{
        http::{health::HealthAt, metrics::Metrics},
        limits::{connections::ConnectionRules, requests::Limits},
    },
    app::{self, Services, Waits},
    auth::{
        passwords::{Cost, Passwords},
        seal::Sealer,
        tokens::Tokens,
    },
    changes::{self, users::CreateUser},
    config::session::SessionDays,
    db::database::{Db, Options},
    domain::{
        clock::Clock,
        ids::UserId,
        policy::Credentials,
        user::{Role, UserKind, UserStatus},
    },
    ledger::key::Signer,
    store::ledger::heads::LedgerHeads,
};
use serde_json::json;
use ureq::Agent;

use super::{
    client::{Client, agent, client_at},
    database::TestDatabase,
    reply::Reply,
};

/// The password of all users in the tests.
pub const PASSWORD: &str = "a long password";

/// The secret that the tests sign tokens with.
pub const SECRET: &[u8] = b"the secret of the tests, not of anybody else";

/// The key that the tests sign their ledgers with.
pub const LEDGER_KEY: &str =
    "PRIVATE+KEY+daybook.invalid/tests+d1249ff1+AbxHB3cwcTuy0mMubtmV6xFDzdJ/Z2imqty6UAK1IdpB";

/// What an operator can set about clients, as it is written in the environment.
pub struct Settings {
    pub rate_limit: &'static str,
    pub trusted_proxies: &'static str,
    pub cors_origins: &'static str,
}

impl Default for Settings {
    /// Without a limit: a test sends more requests a minute than any user.
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
    pub counter: AtomicUsize,
    pub database: TestDatabase,
}

impl TestApp {
    /// On a new database, with one administrator in it.
    pub fn start() -> Self {
        Self::start_with(Clock::system())
    }

    /// The same, with a clock that the test moves.
    pub fn start_with(clock: Clock) -> Self {
        Self::start_to(clock, &Settings::default())
    }

    /// The same, without a second replica: for what is seen in one process alone.
    pub fn start_single() -> Self {
        Self::start_adjusted(Clock::system(), &Settings::default(), |_| {})
    }

    /// The same, with these settings.
    pub fn start_to(clock: Clock, settings: &Settings) -> Self {
        let database = TestDatabase::migrated();
        // Requests are counted by each replica for itself.
        let single = database.url.is_sqlite() || settings.rate_limit != "off";
        let services = || services(&database, &clock, settings);
        let services = (0..if single { 1 } else { 2 }).map(|_| services()).collect();
        Self::of(database, clock, services)
    }

    /// The same, with other services than the usual ones, and without a second replica.
    pub fn start_adjusted(
        clock: Clock,
        settings: &Settings,
        adjust: impl FnOnce(&mut Services),
    ) -> Self {
        let database = TestDatabase::migrated();
        let mut services = services(&database, &clock, settings);
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

    /// A client without a token.
    pub fn stranger(&self) -> Client {
        let (agent, others) = (self.agent.clone(), Arc::clone(&self.others));
        Client { agent, others, ..client_at(&self.address) }
    }

    /// A client of the first administrator.
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
    pub fn log_in(&self, email: &str, password: &str) -> Reply {
        self.stranger().post("/auth/login", json!({"email": email, "password": password}))
    }
}

/// The services of one replica.
fn services(database: &TestDatabase, clock: &Clock, settings: &Settings) -> Services {
    Services {
        db: Db::open(&Options::new(database.url.clone(), 2), clock.clone()).unwrap(),
        tokens: Tokens::new(SECRET, None),
        identity_provider: None,
        sealer: Sealer::new(SECRET, None).unwrap(),
        // As cheap as argon2 can be: no test is about its cost.
        passwords: Passwords::new(Cost { memory_kib: 8, passes: 1 }, 2).unwrap(),
        session_days: SessionDays::default(),
        metrics: Metrics::new().unwrap(),
        ledger: LedgerHeads::new(Signer::parse(LEDGER_KEY).unwrap()),
        limits: Limits::new(
            settings.rate_limit.parse().unwrap(),
            settings.trusted_proxies.parse().unwrap(),
            SECRET,
            clock.clone(),
        ),
        origins: settings.cors_origins.parse().unwrap(),
        health_at: HealthAt::Api,
        waits: Waits::new(ConnectionRules::default()),
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
