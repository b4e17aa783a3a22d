//! Administrators, created from the command line or at the first start.

use std::io::{self, IsTerminal};

use clap::Args;

use super::{database::open, output::print};
use crate::{
    auth::{
        password_rules::{self, Owner},
        passwords::{Cost, Passwords},
    },
    changes::{self, users::CreateUser},
    config::{Config, Secret},
    db::{database::Db, migrate},
    domain::{
        email::EmailAddress,
        limits::{PASSWORD_MAX, PASSWORD_MIN},
        policy::Credentials,
        user::{Role, UserKind, UserStatus},
    },
    error::{Code, Error, Result},
    store,
};

#[derive(Args)]
pub(super) struct CreateAdmin {
    /// Their e-mail address, to log in with
    #[arg(long)]
    email: String,
    /// Their given name
    #[arg(long, default_value = "Daybook")]
    given_name: String,
    /// Their surname
    #[arg(long, default_value = "Administrator")]
    surname: String,
}

/// Creates the first administrator, if the settings name one and no user exists.
pub(super) async fn first_admin(config: &Config, db: &Db, passwords: &Passwords) -> Result<()> {
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
        // Another replica, which started at the same time, was first.
        Err(error) if error.code == Code::AlreadyExists => Ok(()),
        outcome => outcome,
    }
}

pub(super) fn create_admin(config: &Config, admin: CreateAdmin) -> Result<()> {
    let password = match &config.admin_password {
        Some(password) => password.clone(),
        None => prompt()?,
    };
    migrate::up(&config.database_url)?;
    let db = open(config)?;
    let passwords = Passwords::new(Cost::default(), 1)?;
    actix_web::rt::System::new().block_on(make_admin(&db, &passwords, admin, password.reveal()))?;
    print("The administrator is created.\n")
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
    if admin.email.parse::<EmailAddress>().is_err() {
        return Err(Error::internal(format!("{} is not an e-mail address", admin.email)));
    }
    let owner = Owner {
        email: Some(admin.email.clone()),
        given_name: admin.given_name.clone(),
        surname: admin.surname.clone(),
    };
    password_rules::check(password, &owner)
        .map_err(|weakness| Error::internal(format!("the password is refused: {weakness}")))?;
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
