//! Finds users by the keys that other systems have for them.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::{
    db::{connection::AnyConnection, schema::users},
    domain::{email::EmailAddress, ids::UserId},
    error::Result,
};

/// A key by which another system names a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserKey {
    /// Their id here.
    Id(UserId),
    /// The comparison key of their e-mail address.
    Email(String),
    /// Their employee id.
    EmployeeId(String),
}

impl UserKey {
    /// The key of an e-mail address.
    pub fn email(address: &EmailAddress) -> Self {
        Self::Email(address.key().to_owned())
    }
}

/// The users of many keys, in one query for each kind of key. Keys of nobody are left out.
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
