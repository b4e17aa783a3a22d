//! Users.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::{
    db::{connection::AnyConnection, direct::direct, schema::users},
    domain::{
        email::EmailAddress,
        entry::Actor,
        identity::{Identity, Proof},
        ids::{GroupId, UserId},
        text::fold,
        timestamp::Timestamp,
        user::{Role, UserKind, UserStatus, full_name},
    },
    error::{Error, Result},
    journal::tx::Tx,
};

/// A user, as they are stored.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = users, treat_none_as_null = true)]
#[allow(missing_docs, reason = "the columns")]
pub struct UserRow {
    pub id: UserId,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub given_name: String,
    pub surname: String,
    pub name_key: String,
    pub search_key: String,
    pub kind: UserKind,
    pub employee_id: Option<String>,
    pub status: UserStatus,
    pub role: Role,
    pub time_zone: String,
    pub password_hash: Option<String>,
    pub home_group_id: Option<GroupId>,
    pub log_moves: i64,
}

impl UserRow {
    /// Given name and surname.
    pub fn name(&self) -> String {
        full_name(&self.given_name, &self.surname)
    }

    /// The user as a caller whose identity an identity provider has proved.
    ///
    /// # Errors
    /// `invalid_token` if the user is not active, or no person: API accounts have API clients.
    pub fn identity(&self) -> Result<Identity> {
        if self.status != UserStatus::Active || self.kind != UserKind::Person {
            return Err(Error::invalid_token());
        }
        let (id, kind, role) = (self.id, self.kind, self.role);
        Ok(Identity { id, name: self.name(), kind, role, proof: Proof::External })
    }

    /// The user as entries name them.
    pub fn actor(&self) -> Actor {
        Actor { id: self.id, name: self.name(), kind: self.kind }
    }

    fn with_keys(&self) -> Result<Self> {
        let name = fold(&self.name());
        let address = self.email.as_deref().map(str::parse::<EmailAddress>).transpose();
        let address = address
            .map_err(|error| Error::invalid_field("/email", "invalid_email", error.to_string()))?;
        let email_key = address.as_ref().map(|it| it.key().to_owned());
        // Addresses are compared exactly, and searched without regard to case.
        let search_key = format!("{name}\n{}", fold(self.email.as_deref().unwrap_or_default()));
        Ok(Self { name_key: name, email_key, search_key, ..self.clone() })
    }
}

/// The user of an id.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, id: UserId) -> Result<UserRow> {
    Ok(users::table.find(id).first(conn)?)
}

/// The users of ids. Ids of no user are left out.
pub fn get_all(conn: &mut AnyConnection, ids: &BTreeSet<UserId>) -> Result<Vec<UserRow>> {
    let query = users::table.filter(users::id.eq_any(ids));
    Ok(direct!(conn, query.load(conn))?)
}

/// The user of an e-mail address.
pub fn by_email(conn: &mut AnyConnection, email: &EmailAddress) -> Result<Option<UserRow>> {
    Ok(users::table.filter(users::email_key.eq(email.key())).first(conn).optional()?)
}

/// The user of an employee id.
pub fn by_employee_id(conn: &mut AnyConnection, employee_id: &str) -> Result<Option<UserRow>> {
    Ok(users::table.filter(users::employee_id.eq(employee_id)).first(conn).optional()?)
}

/// Whether there is any user at all.
pub fn any(conn: &mut AnyConnection) -> Result<bool> {
    Ok(users::table.select(users::id).first::<UserId>(conn).optional()?.is_some())
}

/// The persons who are active administrators, locked until the transaction ends.
pub fn lock_administrators(tx: &mut Tx<'_>) -> Result<Vec<UserId>> {
    let query = users::table
        .filter(users::role.eq(Role::Administrator))
        .filter(users::status.eq(UserStatus::Active))
        .filter(users::kind.eq(UserKind::Person))
        .order(users::id)
        .select(users::id);
    Ok(match tx.read() {
        AnyConnection::Sqlite(conn) => query.load(conn),
        AnyConnection::Postgres(conn) => query.for_no_key_update().load(conn),
    }?)
}

/// Adds a user.
///
/// # Errors
/// `already_exists` if e-mail or employee id are taken.
pub fn insert(tx: &mut Tx<'_>, row: &UserRow) -> Result<()> {
    diesel::insert_into(users::table).values(row.with_keys()?).execute(tx.write())?;
    Ok(())
}

/// Writes the user's fields with the next version.
///
/// # Errors
/// `already_exists` if e-mail or employee id are taken.
pub fn update(tx: &mut Tx<'_>, row: &mut UserRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    *row = row.with_keys()?;
    diesel::update(users::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Counts one more move of a note in the user's log. Returns how many there are now.
pub fn count_log_move(tx: &mut Tx<'_>, user: &UserRow) -> Result<i64> {
    let moves = user.log_moves + 1;
    diesel::update(users::table.find(user.id))
        .set(users::log_moves.eq(moves))
        .execute(tx.write())?;
    Ok(moves)
}
