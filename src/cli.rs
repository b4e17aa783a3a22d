//! The command line: serve, migrate, openapi, create-admin.

use std::{
    fs::OpenOptions,
    io::{self, IsTerminal, Read, Write},
    net::TcpListener,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};

use crate::{
    api::{
        health::Metrics,
        openapi,
        rate_limit::Limits,
        validate::{PASSWORD_MAX, PASSWORD_MIN},
    },
    app::{self, Services},
    auth::{
        oidc::IdentityProvider,
        passwords::{Cost, Passwords},
        seal::Sealer,
        tokens::{Tokens, random_hex},
    },
    changes::{self, users::CreateUser},
    config::{Config, DatabaseUrl, SECRET_MIN, Secret},
    db::{Db, Options, migrate},
    demo,
    domain::{
        clock::Clock,
        policy::Credentials,
        user::{Role, UserKind, UserStatus},
    },
    error::{Code, Error, Result},
    store,
};

/// The user activity log of a learning platform, as a JSON REST API
#[derive(Parser)]
#[command(name = "daybook", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand)]
enum Command {
    /// Bring the schema up to date, then serve
    Serve {
        /// Load the demo data into an empty database; refuse one that holds anything else
        #[arg(long)]
        demo: bool,
    },
    /// Bring the schema up to date and exit
    Migrate,
    /// Print the OpenAPI document
    Openapi,
    /// Create an administrator; the password comes from DAYBOOK_ADMIN_PASSWORD or a prompt
    CreateAdmin(CreateAdmin),
}

#[derive(Args)]
struct CreateAdmin {
    /// His e-mail address, which he logs in with
    #[arg(long)]
    email: String,
    /// His given name
    #[arg(long, default_value = "Daybook")]
    given_name: String,
    /// His surname
    #[arg(long, default_value = "Administrator")]
    surname: String,
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
    let outcome = match cli.command {
        Command::Serve { demo } => serve(&cli.config, demo),
        Command::Migrate => migrate::up(&cli.config.database_url),
        Command::Openapi => print(openapi::document()),
        Command::CreateAdmin(admin) => create_admin(&cli.config, admin),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.cause.as_deref().unwrap_or(&error.detail);
            // One line, whatever the cause is made of.
            let line = cause.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(io::stderr(), "daybook: {line}");
            ExitCode::FAILURE
        }
    }
}

fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::internal)
}

fn serve(config: &Config, demo: bool) -> Result<()> {
    let listener = TcpListener::bind(config.listen)
        .map_err(|error| Error::internal(format!("can't listen on {}: {error}", config.listen)))?;
    let address = listener.local_addr().map_err(Error::internal)?;
    migrate::up(&config.database_url)?;
    let secret = jwt_secret(config)?;
    let db = open(config)?;
    let passwords = Passwords::new(Cost::default(), config.workers().get())?;
    let previous = config.jwt_previous_secret.as_ref().map(|it| it.reveal().as_bytes());
    let services = Services {
        limits: Limits::new(
            config.rate_limit,
            config.trusted_proxies.clone(),
            secret.reveal().as_bytes(),
            db.clock().clone(),
        ),
        origins: config.cors_origins.clone(),
        db,
        tokens: Tokens::new(secret.reveal().as_bytes(), previous),
        identity_provider: config.identity_provider().map(IdentityProvider::new),
        sealer: Sealer::new(secret.reveal().as_bytes(), previous)?,
        passwords,
        metrics: Metrics::new()?,
    };
    actix_web::rt::System::new().block_on(async move {
        if demo {
            demo::load(&services.db, &services.passwords).await?;
        }
        first_admin(config, &services.db, &services.passwords).await?;
        if demo {
            print(&demo::welcome(&services.db, address).await?)?;
        }
        log::info!("database {}", config.database_url);
        if let Some(replica) = &config.read_database_url {
            log::info!("read replica {replica}");
            services.db.beat().await?;
            actix_web::rt::spawn(beat(services.db.clone()));
        }
        log::info!("listening on http://{address}, Swagger UI at http://{address}/docs");
        actix_web::rt::spawn(expire_certifications(services.db.clone()));
        actix_web::rt::spawn(forget(services.db.clone()));
        app::server(services, listener, config.workers(), true)?.await.map_err(Error::internal)
    })?;
    log::info!("stopped");
    Ok(())
}

/// How often certifications that are due are looked for: well below the 60 s of the contract.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(15);

/// Expires certifications at their time, for as long as the service runs. The first look comes at
/// once, and catches up with what came due while the service was down.
async fn expire_certifications(db: Db) {
    loop {
        match changes::certifications::expire_due(&db).await {
            Ok(0) => {}
            Ok(expired) => log::info!("{expired} certifications expired"),
            Err(error) => log::warn!("certifications could not be expired: {error}"),
        }
        actix_web::rt::time::sleep(EXPIRY_INTERVAL).await;
    }
}

/// How often the service shows that it is there: a read replica in which that stands still is not
/// asked any more.
const BEAT_INTERVAL: Duration = Duration::from_secs(15);

/// Beats, for as long as the service runs.
async fn beat(db: Db) {
    loop {
        actix_web::rt::time::sleep(BEAT_INTERVAL).await;
        if let Err(error) = db.beat().await {
            log::warn!("what a read replica is known by could not be written: {error}");
        }
    }
}

/// How often is forgotten what nobody is held to any more: answers that were kept long enough, and
/// counts of log-ins that have ended. Whether it is forgotten yet makes no difference to anybody.
const FORGET_INTERVAL: Duration = Duration::from_secs(60);

/// Forgets what is over, for as long as the service runs.
async fn forget(db: Db) {
    loop {
        if let Err(error) = changes::idempotency::forget_expired(&db).await {
            log::warn!("old answers could not be forgotten: {error}");
        }
        if let Err(error) = changes::attempts::forget_ended(&db).await {
            log::warn!("ended counts of log-ins could not be forgotten: {error}");
        }
        actix_web::rt::time::sleep(FORGET_INTERVAL).await;
    }
}

fn open(config: &Config) -> Result<Db> {
    let (url, read_replica) = (config.database_url.clone(), config.read_database_url.clone());
    if read_replica.as_ref().is_some_and(|replica| url.is_sqlite() || replica.is_sqlite()) {
        let text = "DAYBOOK_READ_DATABASE_URL is a PostgreSQL, as DATABASE_URL has to be for it";
        return Err(Error::internal(text));
    }
    let options = Options { read_replica, ..Options::of(url, config.db_pool()) };
    Db::open(&options, Clock::system())
}

/// The secret that is set; on SQLite, the one beside the database, made now if there is none.
fn jwt_secret(config: &Config) -> Result<Secret> {
    let secret = match (&config.jwt_secret, &config.database_url) {
        (Some(secret), _) => secret.clone(),
        (None, DatabaseUrl::Sqlite(path)) => {
            let mut file = path.clone().into_os_string();
            file.push(".jwt-secret");
            kept_secret(Path::new(&file)).map_err(|error| {
                Error::internal(format!("{}: {error}", Path::new(&file).display()))
            })?
        }
        (None, DatabaseUrl::Postgres(_)) => {
            return Err(Error::internal(
                "on PostgreSQL, DAYBOOK_JWT_SECRET is required: the same for all replicas",
            ));
        }
    };
    if secret.reveal().len() < SECRET_MIN {
        let text = format!("DAYBOOK_JWT_SECRET needs at least {SECRET_MIN} bytes");
        return Err(Error::internal(text));
    }
    Ok(secret)
}

fn kept_secret(path: &Path) -> io::Result<Secret> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(mut file) => {
            let secret = random_hex::<32>().map_err(io::Error::other)?;
            file.write_all(secret.as_bytes())?;
            file.sync_all()?;
            Ok(secret.into())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mut secret = String::new();
            OpenOptions::new().read(true).open(path)?.read_to_string(&mut secret)?;
            Ok(secret.trim().to_owned().into())
        }
        Err(error) => Err(error),
    }
}

/// Makes the first administrator, where the settings name one and there is no user yet.
async fn first_admin(config: &Config, db: &Db, passwords: &Passwords) -> Result<()> {
    let (Some(email), Some(password)) = (&config.admin_email, &config.admin_password) else {
        return Ok(());
    };
    if db.read(|conn| store::users::any(conn)).await? {
        return Ok(());
    }
    let admin = CreateAdmin {
        email: email.clone(),
        given_name: "Daybook".to_owned(),
        surname: "Administrator".to_owned(),
    };
    match make_admin(db, passwords, admin, password.reveal()).await {
        // Another replica, started at the same time, was first.
        Err(error) if error.code == Code::AlreadyExists => Ok(()),
        outcome => outcome,
    }
}

fn create_admin(config: &Config, admin: CreateAdmin) -> Result<()> {
    let password = match &config.admin_password {
        Some(password) => password.clone(),
        None => prompt()?,
    };
    migrate::up(&config.database_url)?;
    let db = open(config)?;
    let passwords = Passwords::new(Cost::default(), 1)?;
    actix_web::rt::System::new().block_on(make_admin(&db, &passwords, admin, password.reveal()))?;
    print("The administrator is there.\n")
}

fn prompt() -> Result<Secret> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").map(Secret::from).map_err(Error::internal);
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(Error::internal)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned().into())
}

async fn make_admin(
    db: &Db,
    passwords: &Passwords,
    admin: CreateAdmin,
    password: &str,
) -> Result<()> {
    let length = password.chars().count() as u64;
    if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&length) {
        let text = format!("a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters");
        return Err(Error::internal(text));
    }
    if !validator::ValidateEmail::validate_email(&admin.email) {
        return Err(Error::internal(format!("{} is no e-mail address", admin.email)));
    }
    let change = CreateUser {
        email: Some(admin.email),
        given_name: admin.given_name,
        surname: admin.surname,
        kind: UserKind::Person,
        employee_id: None,
        status: UserStatus::Active,
        role: Role::Administrator,
        time_zone: "UTC".to_owned(),
        home_group_id: None,
        supervisor_ids: Vec::new(),
        password_hash: Some(passwords.hash(password.to_owned()).await?),
    };
    changes::apply(db, Credentials::Service, change).await.map(drop)
}
