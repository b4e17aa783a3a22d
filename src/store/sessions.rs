//! Sessions, and the refresh tokens that extend them.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::locked;
use crate::{
    db::{
        connection::AnyConnection,
        direct::direct,
        schema::{refresh_tokens, sessions, users},
    },
    domain::{
        identity::{Identity, Proof},
        ids::{SessionId, UserId},
        timestamp::Timestamp,
        user::{Role, UserKind, UserStatus, full_name},
    },
    error::{Error, Result},
    journal::tx::Tx,
};

/// A refresh token, identified by its hash.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = refresh_tokens)]
#[allow(missing_docs, reason = "the columns")]
pub struct RefreshTokenRow {
    pub token_hash: String,
    pub session_id: SessionId,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

type IdentityRow = (String, String, UserKind, Role, UserStatus, Option<Timestamp>);

/// The user whom a session's token identifies, with their current name and role.
///
/// # Errors
/// `invalid_token` where the session has ended or its user is inactive.
pub fn identity(conn: &mut AnyConnection, session: SessionId, user: UserId) -> Result<Identity> {
    let query = sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::id.eq(session).and(users::id.eq(user)))
        .select((
            users::given_name,
            users::surname,
            users::kind,
            users::role,
            users::status,
            sessions::ended_at,
        ));
    match direct!(conn, query.first::<IdentityRow>(conn)).optional()? {
        Some((given_name, surname, kind, role, UserStatus::Active, None)) => {
            Ok(session_identity(session, user, (given_name, surname, kind, role)))
        }
        _ => Err(Error::invalid_token()),
    }
}

/// The [`identity`] of many sessions, in one query. Ended sessions and those of inactive users are
/// left out.
pub fn identities(
    conn: &mut AnyConnection,
    sessions: &BTreeSet<SessionId>,
) -> Result<BTreeMap<SessionId, Identity>> {
    let query = sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::id.eq_any(sessions))
        .filter(sessions::ended_at.is_null().and(users::status.eq(UserStatus::Active)))
        .select((
            sessions::id,
            users::id,
            (users::given_name, users::surname, users::kind, users::role),
        ));
    let rows = direct!(conn, query.load::<(SessionId, UserId, IdentityColumns)>(conn))?.into_iter();
    Ok(rows
        .map(|(session, id, columns)| (session, session_identity(session, id, columns)))
        .collect())
}

/// The columns of a user that an [`Identity`] is made from: given name, surname, kind, role.
pub(super) type IdentityColumns = (String, String, UserKind, Role);

/// The identity that a valid token of a session proves.
pub(super) fn session_identity(
    session: SessionId,
    id: UserId,
    (given_name, surname, kind, role): IdentityColumns,
) -> Identity {
    let (name, proof) = (full_name(&given_name, &surname), Proof::Session(session));
    Identity { id, name, kind, role, proof }
}

/// Starts a session.
pub fn insert(tx: &mut Tx<'_>, session: SessionId, user: UserId) -> Result<()> {
    let now = tx.now();
    let row = (sessions::id.eq(session), sessions::user_id.eq(user), sessions::created_at.eq(now));
    diesel::insert_into(sessions::table).values(row).execute(tx.write())?;
    Ok(())
}

/// Locks a session that has not ended (`FOR NO KEY UPDATE`), and returns its user and its start.
pub fn lock_live_exclusive(
    tx: &mut Tx<'_>,
    session: SessionId,
) -> Result<Option<(UserId, Timestamp)>> {
    let query = sessions::table
        .filter(sessions::id.eq(session).and(sessions::ended_at.is_null()))
        .select((sessions::user_id, sessions::created_at));
    Ok(locked!(tx, query).optional()?)
}

/// Ends a session.
pub fn end(tx: &mut Tx<'_>, session: SessionId) -> Result<()> {
    let now = tx.now();
    diesel::update(sessions::table.find(session))
        .set(sessions::ended_at.eq(now))
        .execute(tx.write())?;
    Ok(())
}

/// Ends all sessions of a user except one.
pub fn end_all(tx: &mut Tx<'_>, user: UserId, except: Option<SessionId>) -> Result<()> {
    let now = tx.now();
    let live = sessions::user_id.eq(user).and(sessions::ended_at.is_null());
    let set = sessions::ended_at.eq(now);
    match except {
        Some(kept) => diesel::update(sessions::table.filter(live.and(sessions::id.ne(kept))))
            .set(set)
            .execute(tx.write())?,
        None => diesel::update(sessions::table.filter(live)).set(set).execute(tx.write())?,
    };
    Ok(())
}

/// Locks a refresh token (`FOR NO KEY UPDATE`), and returns it.
pub fn lock_refresh_token_exclusive(
    tx: &mut Tx<'_>,
    hash: &str,
) -> Result<Option<RefreshTokenRow>> {
    Ok(locked!(tx, refresh_tokens::table.find(hash)).optional()?)
}

/// Adds a refresh token, and deletes the expired ones of its session.
pub fn insert_refresh_token(tx: &mut Tx<'_>, row: &RefreshTokenRow) -> Result<()> {
    let now = tx.now();
    let over =
        refresh_tokens::session_id.eq(row.session_id).and(refresh_tokens::expires_at.lt(now));
    diesel::delete(refresh_tokens::table.filter(over)).execute(tx.write())?;
    diesel::insert_into(refresh_tokens::table).values(row).execute(tx.write())?;
    Ok(())
}

/// Marks a refresh token as used.
pub fn use_refresh_token(tx: &mut Tx<'_>, hash: &str) -> Result<()> {
    let now = tx.now();
    diesel::update(refresh_tokens::table.find(hash))
        .set(refresh_tokens::used_at.eq(now))
        .execute(tx.write())?;
    Ok(())
}
