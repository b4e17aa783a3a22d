//! Tokens of the company's own identity provider: a local issuer, with keys of three kinds.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use daybook::{
    auth::oidc::IdentityProvider,
    config::oidc::Provider,
    domain::{clock::Clock, timestamp::Timestamp},
};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header, encode,
    jwk::{Jwk, KeyOperations},
};
use serde_json::{Value, json};

use crate::support::{
    app::{Settings, TestApp},
    client::Client,
    database::TestDatabase,
    process::{Process, daybook},
    reply::{Reply, text},
};

const AUDIENCE: &str = "daybook.example.com";

/// An issuer on this machine.
struct Issuer {
    url: String,
    keys: Arc<Mutex<Vec<Jwk>>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let keys: Arc<Mutex<Vec<Jwk>>> = Arc::default();
        let asked = Arc::new(AtomicUsize::new(0));
        let issuer = Self { url: url.clone(), keys: keys.clone(), asked: asked.clone() };
        // It ends with the process of the tests.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let request = lines.next().unwrap().unwrap();
                lines.map_while(Result::ok).find(String::is_empty);
                let body = if request.starts_with("GET /.well-known/openid-configuration ") {
                    json!({"issuer": url, "jwks_uri": format!("{url}/keys")})
                } else {
                    asked.fetch_add(1, Ordering::SeqCst);
                    json!({"keys": *keys.lock().unwrap()})
                };
                let body = body.to_string();
                let length = body.len();
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json";
                let _ = write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}");
            }
        });
        issuer
    }

    /// A new key, which the issuer publishes.
    fn key(&self, algorithm: Algorithm, id: &str) -> Key {
        let key = Key::new(algorithm, id);
        self.keys.lock().unwrap().push(key.public());
        key
    }

    fn provider(&self, user: &str) -> Provider {
        let user = user.parse().unwrap();
        Provider { issuer: self.url.clone(), audience: AUDIENCE.to_owned(), user }
    }

    fn claims(&self, email: &str) -> Value {
        let now = Timestamp::system_now().millis() / 1000;
        json!({
            "iss": self.url, "aud": AUDIENCE, "sub": "1", "iat": now, "exp": now + 300,
            "jti": "one", "client_id": "a front end",
            "email": email, "email_verified": true,
        })
    }
}

struct Key {
    algorithm: Algorithm,
    id: String,
    private: EncodingKey,
}

impl Key {
    fn new(algorithm: Algorithm, id: &str) -> Self {
        let private = match algorithm {
            Algorithm::RS256 => {
                let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
                let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
                // The key itself (PKCS #1), behind the head that PKCS #8 puts before it.
                EncodingKey::from_rsa_der(&der.as_ref()[26..])
            }
            Algorithm::ES256 => {
                let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
                EncodingKey::from_ec_der(key.to_pkcs8v1().unwrap().as_ref())
            }
            _ => {
                let key = Ed25519KeyPair::generate().unwrap();
                EncodingKey::from_ed_der(key.to_pkcs8v1().unwrap().as_ref())
            }
        };
        Self { algorithm, id: id.to_owned(), private }
    }

    fn public(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.private, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.clone());
        jwk
    }

    /// An access token (RFC 9068).
    fn sign(&self, claims: &Value) -> String {
        self.sign_as(Some("at+jwt"), claims)
    }

    /// A token of this type.
    fn sign_as(&self, typ: Option<&str>, claims: &Value) -> String {
        let (kid, typ) = (Some(self.id.clone()), typ.map(str::to_owned));
        let header = Header { kid, typ, ..Header::new(self.algorithm) };
        encode(&header, claims, &self.private).unwrap()
    }
}

fn trusting(issuer: &Issuer, user: &str) -> TestApp {
    TestApp::start_adjusted(Clock::system(), &Settings::default(), |services| {
        services.identity_provider = Some(IdentityProvider::new(issuer.provider(user)));
    })
}

fn me(app: &TestApp, token: &str) -> Reply {
    app.client_with(token).get("/me")
}

#[test]
fn a_token_of_the_provider_lets_its_user_in_whatever_it_is_signed_with() {
    let issuer = Issuer::start();
    let app = trusting(&issuer, "email");
    let sam = app.learner("Sam");
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let key = issuer.key(algorithm, &format!("{algorithm:?}"));
        // A new provider, because this one has looked for keys a moment ago.
        let app = &app;
        let fresh = trusting(&issuer, "email");
        let other = fresh.learner("Sam");
        let me = me(&fresh, &key.sign(&issuer.claims(&other.email.to_uppercase()))).ok(200);
        assert_eq!(me["id"], other.id.as_str(), "{algorithm:?}");
        assert_eq!(me["scopes"], Value::Null);
        assert_eq!(app.client_of(&sam.email).get("/me").ok(200)["id"], sam.id.as_str());
    }
}

#[test]
fn a_user_of_the_provider_has_their_own_permissions_and_name() {
    let issuer = Issuer::start();
    let (app, key) = (trusting(&issuer, "email"), issuer.key(Algorithm::ES256, "one"));
    let sam = app.learner("Sam");
    let admin = app.client_with(&key.sign(&issuer.claims("admin@example.com")));
    let path = format!("/users/{}/activity", sam.id);
    let note = admin.post(&path, json!({"notes": "By single sign-on."})).ok(201);
    assert_eq!(note["entered_by"]["id"], app.admin_id.to_string());
    let learner = app.client_with(&key.sign(&issuer.claims(&sam.email)));
    learner.post(&path, json!({"notes": "No."})).problem(403, "forbidden");
    learner.get(&format!("/users/{}", app.admin_id)).problem(404, "not_found");
    // Only the provider can end the session.
    admin.post("/auth/logout", json!({})).problem(403, "forbidden");
    // An inactive user is refused, whatever the provider says.
    app.admin().patch_now(&format!("/users/{}", sam.id), json!({"status": "inactive"})).ok(200);
    learner.get("/me").problem(401, "invalid_token");
}

#[test]
fn a_token_that_the_provider_did_not_issue_for_this_service_is_an_invalid_token() {
    let issuer = Issuer::start();
    let (app, key) = (trusting(&issuer, "email"), issuer.key(Algorithm::ES256, "one"));
    let good = issuer.claims("admin@example.com");
    me(&app, &key.sign(&good)).ok(200);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        key.sign(&claims)
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        key.sign(&claims)
    };
    let now = good["iat"].as_i64().unwrap();
    let same_name = Key::new(Algorithm::ES256, "one");
    let other_kind = Key::new(Algorithm::EdDSA, "one");
    // The public key as a secret: what a token may never choose.
    let public = serde_json::to_vec(&key.public()).unwrap();
    let confused = encode(
        &Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) },
        &good,
        &EncodingKey::from_secret(&public),
    );
    let critical = Header {
        kid: Some("one".to_owned()),
        typ: Some("at+jwt".to_owned()),
        crit: Some(vec!["exp".to_owned()]),
        ..Header::new(Algorithm::ES256)
    };
    let critical = encode(&critical, &good, &key.private).unwrap();
    let tokens = [
        ("another's key", same_name.sign(&good)),
        ("a key of another kind", other_kind.sign(&good)),
        ("a key that is unknown", Key::new(Algorithm::ES256, "two").sign(&good)),
        ("the public key as a secret", confused.unwrap()),
        ("another issuer", with("iss", json!("https://example.com"))),
        ("no issuer", without("iss")),
        ("a list with the issuer", with("iss", json!([issuer.url, "https://example.com"]))),
        ("a critical field of the header", critical),
        ("another audience", with("aud", json!("another"))),
        ("no audience", without("aud")),
        ("expired", with("exp", json!(now - 1))),
        ("no expiry", without("exp")),
        ("not yet", with("nbf", json!(now + 3600))),
        ("issued later", with("iat", json!(now + 3600))),
        ("nobody here", with("email", json!("nobody@example.com"))),
        ("no address", without("email")),
        ("an address that is none", with("email", json!(["admin@example.com"]))),
        ("an address of which nothing is said", without("email_verified")),
        ("an address that nobody verified", with("email_verified", json!(false))),
        ("an address with a NUL", with("email", json!("admin\0@example.com"))),
        ("no subject", without("sub")),
        ("no client", without("client_id")),
        ("a client that is no text", with("client_id", json!(7))),
        ("no id of the token", without("jti")),
        ("no time of issue", without("iat")),
    ];
    for (what, token) in tokens {
        let answer = me(&app, &token);
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
        answer.problem(401, "invalid_token");
    }
    me(&app, &with("aud", json!(["another", AUDIENCE]))).ok(200);
}

#[test]
fn a_key_that_is_not_for_signatures_checks_none() {
    let issuer = Issuer::start();
    let claims = issuer.claims("admin@example.com");
    for (operations, status) in [
        (vec![KeyOperations::Verify], 200),
        (vec![KeyOperations::Encrypt, KeyOperations::Verify], 200),
        (vec![KeyOperations::Encrypt], 401),
        (vec![], 401),
    ] {
        let key = Key::new(Algorithm::ES256, "one");
        let mut public = key.public();
        public.common.key_operations = Some(operations);
        *issuer.keys.lock().unwrap() = vec![public];
        // A new provider, because the last one has looked for keys a moment ago.
        assert_eq!(me(&trusting(&issuer, "email"), &key.sign(&claims)).status, status);
    }
}

#[test]
fn an_id_token_is_no_access_token() {
    let issuer = Issuer::start();
    let (app, key) = (trusting(&issuer, "email"), issuer.key(Algorithm::ES256, "one"));
    let good = issuer.claims("admin@example.com");
    for typ in ["at+jwt", "application/at+jwt", "AT+JWT"] {
        me(&app, &key.sign_as(Some(typ), &good)).ok(200);
    }
    for typ in
        [None, Some("JWT"), Some("id+jwt"), Some(""), Some("at+jwt "), Some("application/jwt")]
    {
        let answer = me(&app, &key.sign_as(typ, &good));
        assert_eq!(answer.status, 401, "{typ:?}");
        answer.problem(401, "invalid_token");
    }
    let with = |name: &str, value: &str| {
        let mut claims = good.clone();
        claims[name] = json!(value);
        me(&app, &key.sign(&claims))
    };
    for name in ["nonce", "at_hash", "c_hash"] {
        with(name, "x").problem(401, "invalid_token");
    }
    // Issued to one client, and used by another.
    with("azp", "another").problem(401, "invalid_token");
    with("azp", "a front end").ok(200);
}

#[test]
fn a_token_of_the_provider_opens_no_api_account() {
    let issuer = Issuer::start();
    let (app, key) = (trusting(&issuer, "email"), issuer.key(Algorithm::ES256, "one"));
    let body = json!({
        "email": "hr@example.com", "kind": "api", "given_name": "HR", "surname": "System",
        "role": "administrator",
    });
    app.admin().post("/users", body).ok(201);
    me(&app, &key.sign(&issuer.claims("hr@example.com"))).problem(401, "invalid_token");
    me(&app, &key.sign(&issuer.claims("admin@example.com"))).ok(200);
}

#[test]
fn a_claim_with_a_nul_is_an_invalid_token() {
    let issuer = Issuer::start();
    let key = issuer.key(Algorithm::ES256, "one");
    for (user, claim) in [("employee_id:number", "number"), ("email:upn", "upn")] {
        let app = trusting(&issuer, user);
        for value in ["E\0-7", "\0", "admin@exam\0ple.com"] {
            let mut claims = issuer.claims("admin@example.com");
            claims[claim] = json!(value);
            me(&app, &key.sign(&claims)).problem(401, "invalid_token");
        }
    }
}

#[test]
fn the_request_log_names_the_user_of_a_token() {
    let issuer = Issuer::start();
    let key = issuer.key(Algorithm::ES256, "one");
    let database = TestDatabase::migrated();
    let words = ["--oidc-issuer", &issuer.url, "--oidc-audience", AUDIENCE];
    let service = Process::serve(&database, &words);
    let token = Some(key.sign(&issuer.claims("admin@example.com")));
    let client = Client { token, ..service.client.clone() };
    let me = client.send("GET", "/me", &[("x-request-id", "by-the-provider")], None).ok(200);
    let seen = service.log_up_to("request_id=by-the-provider").pop().unwrap();
    assert!(seen.contains(&format!("ms user={} address=", text(&me["id"]))), "{seen}");
}

#[test]
fn another_claim_may_tell_the_user() {
    let issuer = Issuer::start();
    let (app, key) =
        (trusting(&issuer, "employee_id:employee_number"), issuer.key(Algorithm::RS256, "one"));
    let sam = app.learner("Sam");
    let path = format!("/users/{}", sam.id);
    app.admin().patch_now(&path, json!({"employee_id": "E-7"})).ok(200);
    let mut claims = issuer.claims("admin@example.com");
    claims["employee_number"] = json!("E-7");
    assert_eq!(me(&app, &key.sign(&claims)).ok(200)["id"], sam.id.as_str());
}

#[test]
fn a_claim_that_the_operator_names_is_taken_as_it_is() {
    let issuer = Issuer::start();
    let (app, key) = (trusting(&issuer, "email:upn"), issuer.key(Algorithm::ES256, "one"));
    let mut claims = issuer.claims("nobody@example.com");
    claims["upn"] = json!("admin@example.com");
    claims.as_object_mut().unwrap().remove("email_verified");
    assert_eq!(me(&app, &key.sign(&claims)).ok(200)["id"], app.admin_id.to_string());
}

#[test]
fn keys_that_are_made_up_do_not_have_the_provider_asked_each_time() {
    let issuer = Issuer::start();
    let (app, key) = (trusting(&issuer, "email"), issuer.key(Algorithm::ES256, "one"));
    let claims = issuer.claims("admin@example.com");
    me(&app, &key.sign(&claims)).ok(200);
    let asked = issuer.asked.load(Ordering::SeqCst);
    for number in 0..20 {
        let made_up = Key::new(Algorithm::ES256, &format!("made up {number}"));
        me(&app, &made_up.sign(&claims)).problem(401, "invalid_token");
    }
    assert_eq!(issuer.asked.load(Ordering::SeqCst), asked);
    me(&app, &key.sign(&claims)).ok(200);
}

#[test]
fn where_the_provider_is_away_the_service_says_so_and_its_own_tokens_are_good() {
    let issuer = Issuer::start();
    let key = issuer.key(Algorithm::ES256, "one");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let away = Issuer { url: format!("http://{closed}"), ..issuer };
    let app = trusting(&away, "email");
    let answer = me(&app, &key.sign(&away.claims("admin@example.com")));
    answer.problem(503, "unavailable");
    assert!(!answer.text.contains(&away.url), "{}", answer.text);
    app.admin().get("/me").ok(200);
}

#[test]
fn a_wrong_setting_stops_the_start_with_one_line() {
    let database = TestDatabase::empty();
    let wrong: [&[&str]; 4] = [
        &["serve", "--oidc-issuer", "http://example.com", "--oidc-audience", "x"],
        &["serve", "--oidc-issuer", "https://example.com"],
        &["serve", "--oidc-audience", "x"],
        &["serve", "--oidc-user", "name"],
    ];
    for words in wrong {
        let output = daybook(&database, words).output().unwrap();
        assert!(!output.status.success(), "{words:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with("error: "), "{told}");
    }
}
