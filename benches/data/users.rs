//! The users of the benchmarks.

use actix_web::rt::System;
use daybook::{
    auth::passwords::{Cost, Passwords},
    domain::{
        text::fold,
        user::{Role, UserKind, UserStatus},
    },
    store::users::UserRow,
};

use crate::{
    data::{
        ids::user_id,
        random::{FIRST_MILLIS, timestamp},
    },
    error::Result,
};

/// How many users share the entries.
pub const USERS: u64 = 20_000;
/// The number of one more user, whose log is long.
pub const LONG_LOG: u64 = 20_000;
/// The number of one more user, who sends the requests.
pub const ADMINISTRATOR: u64 = 20_001;
/// The password of everyone who logs in.
pub const PASSWORD: &str = "a-password-of-the-benchmark";

const GIVEN_NAMES: &[&str] =
    &["Anna", "Cristiano", "Sam", "Zoë", "Mehmet", "Ingrid", "Priya", "Tomás", "Wanjiru", "Li"];
const SURNAMES: &[&str] = &[
    "Lindqvist",
    "Ferreira",
    "Rivera",
    "Brontë",
    "Yılmaz",
    "Haugen",
    "Raman",
    "Novák",
    "Kamau",
    "Wei",
];
/// The address that a user logs in with.
pub fn email(number: u64) -> String {
    format!("learner-{number}@example.com")
}

/// The row of a user, an active learner without a password.
pub fn user_row(number: u64) -> Result<UserRow> {
    let given_name = GIVEN_NAMES[(number % 10) as usize].to_owned();
    let surname = SURNAMES[(number / 10 % 10) as usize].to_owned();
    let email = email(number);
    let name_key = fold(&format!("{given_name} {surname}"));
    Ok(UserRow {
        id: user_id(number)?,
        version: 1,
        created_at: timestamp(FIRST_MILLIS),
        updated_at: timestamp(FIRST_MILLIS),
        email_key: Some(fold(&email)),
        search_key: format!("{name_key}\n{email}"),
        email: Some(email),
        given_name,
        surname,
        name_key,
        kind: UserKind::Person,
        employee_id: Some(format!("E{number:06}")),
        status: UserStatus::Active,
        role: Role::Learner,
        time_zone: "Europe/Lisbon".to_owned(),
        password_hash: None,
        home_group_id: None,
        log_moves: 0,
    })
}

/// The hash of [`PASSWORD`].
pub fn password_hash() -> Result<String> {
    let passwords = Passwords::new(Cost::default(), 1).map_err(|error| error.to_string())?;
    let hashed = System::new().block_on(passwords.hash(PASSWORD.to_owned()));
    Ok(hashed.map_err(|error| error.to_string())?)
}
