//! Users, found by what other systems call them.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::{
    db::{connection::AnyConnection, schema::users},
    domain::{ids::UserId, text::fold},
    error::Result,
};

/// What another system calls a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserKey {
    /// His id.
    Id(UserId),
    /// His e-mail address, with its case folded away.
    Email(String),
    /// His employee id.
    EmployeeId(String),
}

impl UserKey {
    /// By an e-mail address, without regard to case.
    pub fn email(address: &str) -> Self {
        Self::Email(fold(address))
    }
}

/// The users of many keys, each kind of key in one query. Of whom there is none is not in it.
///
/// # Errors
/// Of the database.
pub fn find<'a>(
    conn: &mut AnyConnection,
    keys: impl Iterator<Item = &'a UserKey>,
) -> Result<BTreeMap<UserKey, UserId>> {
    let (mut ids, mut emails, mut employee_ids) = (Vec::new(), Vec::new(), Vec::new());
    for key in keys {
        match key {
            UserKey::Id(id) => ids.push(*id),
            UserKey::Email(email) => emails.push(email.clone()),
            UserKey::EmployeeId(id) => employee_ids.push(id.clone()),
        }
    }
    let mut found = BTreeMap::new();
    if !ids.is_empty() {
        let rows = users::table.filter(users::id.eq_any(ids)).select(users::id);
        let rows = rows.load::<UserId>(conn)?;
        found.extend(rows.into_iter().map(|id| (UserKey::Id(id), id)));
    }
    if !emails.is_empty() {
        let key = users::email_key.assume_not_null();
        let rows = users::table.filter(users::email_key.eq_any(emails)).select((key, users::id));
        let rows = rows.load::<(String, UserId)>(conn)?;
        found.extend(rows.into_iter().map(|(email, id)| (UserKey::Email(email), id)));
    }
    if !employee_ids.is_empty() {
        let key = users::employee_id.assume_not_null();
        let of_ids = users::table.filter(users::employee_id.eq_any(employee_ids));
        let rows = of_ids.select((key, users::id)).load::<(String, UserId)>(conn)?;
        found.extend(rows.into_iter().map(|(number, id)| (UserKey::EmployeeId(number), id)));
    }
    Ok(found)
}
