//! Sessions, and the refresh tokens that keep them going.

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
        ids::{SessionId, UserId},
        policy::{Identity, Proof},
        timestamp::Timestamp,
        user::{Role, UserKind, UserStatus, full_name},
    },
    error::{Error, Result},
    journal::tx::Tx,
};

/// A refresh token, known by its hash.
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

/// Who a session's token speaks for, as he is now.
///
/// # Errors
/// `invalid_token` where the session has ended, or its user is not active any more.
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
            Ok(speaks_for(session, user, (given_name, surname, kind, role)))
        }
        _ => Err(Error::invalid_token()),
    }
}

/// Who the tokens of many sessions speak for: those of [`identity`], in one query. Of sessions that
/// have ended, and of users who are not active any more, there is none.
///
/// # Errors
/// Of the database.
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
    let rows = direct!(conn, query.load::<(SessionId, UserId, Who)>(conn))?.into_iter();
    Ok(rows.map(|(session, id, who)| (session, speaks_for(session, id, who))).collect())
}

/// What is asked of a user to know whom a session's token speaks for.
pub(super) type Who = (String, String, UserKind, Role);

/// Whom a session's token speaks for, once it is known that it does.
pub(super) fn speaks_for(
    session: SessionId,
    id: UserId,
    (given_name, surname, kind, role): Who,
) -> Identity {
    let (name, proof) = (full_name(&given_name, &surname), Proof::Session(session));
    Identity { id, name, kind, role, proof }
}

/// Begins a session.
///
/// # Errors
/// Of the database.
pub fn insert(tx: &mut Tx<'_>, session: SessionId, user: UserId) -> Result<()> {
    let now = tx.now();
    let row = (sessions::id.eq(session), sessions::user_id.eq(user), sessions::created_at.eq(now));
    diesel::insert_into(sessions::table).values(row).execute(tx.write())?;
    Ok(())
}

/// Whose session it is, if it has not ended; held until the transaction ends.
///
/// # Errors
/// Of the database.
pub fn lock_live(tx: &mut Tx<'_>, session: SessionId) -> Result<Option<UserId>> {
    let query = sessions::table
        .filter(sessions::id.eq(session).and(sessions::ended_at.is_null()))
        .select(sessions::user_id);
    Ok(locked!(tx, query).optional()?)
}

/// Ends a session.
///
/// # Errors
/// Of the database.
pub fn end(tx: &mut Tx<'_>, session: SessionId) -> Result<()> {
    let now = tx.now();
    diesel::update(sessions::table.find(session))
        .set(sessions::ended_at.eq(now))
        .execute(tx.write())?;
    Ok(())
}

/// Ends the sessions of a user, but for one.
///
/// # Errors
/// Of the database.
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

/// The refresh token of a hash, held until the transaction ends.
///
/// # Errors
/// Of the database.
pub fn lock_refresh_token(tx: &mut Tx<'_>, hash: &str) -> Result<Option<RefreshTokenRow>> {
    Ok(locked!(tx, refresh_tokens::table.find(hash)).optional()?)
}

/// Adds a refresh token, and forgets those of its session that are past use and past reuse.
///
/// # Errors
/// Of the database.
pub fn insert_refresh_token(tx: &mut Tx<'_>, row: &RefreshTokenRow) -> Result<()> {
    let now = tx.now();
    let over =
        refresh_tokens::session_id.eq(row.session_id).and(refresh_tokens::expires_at.lt(now));
    diesel::delete(refresh_tokens::table.filter(over)).execute(tx.write())?;
    diesel::insert_into(refresh_tokens::table).values(row).execute(tx.write())?;
    Ok(())
}

/// Marks a refresh token as used.
///
/// # Errors
/// Of the database.
pub fn use_refresh_token(tx: &mut Tx<'_>, hash: &str) -> Result<()> {
    let now = tx.now();
    diesel::update(refresh_tokens::table.find(hash))
        .set(refresh_tokens::used_at.eq(now))
        .execute(tx.write())?;
    Ok(())
}
