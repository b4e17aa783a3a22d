//! Whom a caller may see, and what they may do to one user.

use std::collections::BTreeSet;

use super::caller::caller;
use crate::{
    db::{connection::AnyConnection, reader::Reader},
    domain::{
        ids::UserId,
        policy::{Act, Caller, Credentials, Relation},
    },
    error::Result,
    store::{self, visible_users::Visible},
};

/// Lets the caller see a user's profile, and with it his log: one rule, here and nowhere else.
///
/// # Errors
/// `not_found` where there is no such user, or none that the caller may see.
pub fn see_user(conn: &mut AnyConnection, caller: &Caller, user: UserId) -> Result<Relation> {
    let relation = store::visible_users::relation(conn, caller.id(), user)?;
    caller.must_for_user(relation, Act::SeeUser(relation))?;
    Ok(relation)
}

/// Who the caller is now, if he may see a user: [`caller`] and [`see_user`], for whoever logged in
/// with one look.
///
/// # Errors
/// As theirs.
pub fn caller_who_sees(
    conn: &mut AnyConnection,
    credentials: Credentials,
    user: UserId,
) -> Result<Caller> {
    if let Credentials::Session(id, session) = credentials
        && let Some((identity, relation)) =
            store::visible_users::of_session(conn, session, id, user)?
    {
        let caller = Caller::Known(identity);
        caller.must_for_user(relation, Act::SeeUser(relation))?;
        return Ok(caller);
    }
    // Whoever is refused is told why.
    let caller = caller(conn, credentials)?;
    see_user(conn, &caller, user)?;
    Ok(caller)
}

/// Whom the caller may see, for a list.
///
/// # Errors
/// Of the database.
pub fn visible(conn: &mut Reader<'_>, caller: &Caller) -> Result<Visible> {
    store::visible_users::visible(conn, caller.reach())
}

/// Lets the caller do something to a user.
///
/// # Errors
/// As [`see_user`]; `forbidden` where the caller may see the user, but not do this.
pub fn act_on_user(
    conn: &mut AnyConnection,
    caller: &Caller,
    user: UserId,
    act: impl FnOnce(Relation) -> Act,
) -> Result<()> {
    let relation = store::visible_users::relation(conn, caller.id(), user)?;
    caller.must_for_user(relation, act(relation))
}

/// Those of some users whom the caller may see.
///
/// # Errors
/// `unavailable` where the database is away.
pub fn visible_among(
    conn: &mut AnyConnection,
    caller: &Caller,
    users: BTreeSet<UserId>,
) -> Result<BTreeSet<UserId>> {
    let Some(id) = caller.id().filter(|_| !caller.may_to_anybody(Act::SeeUser)) else {
        return Ok(if caller.may_to_anybody(Act::SeeUser) { users } else { BTreeSet::new() });
    };
    let pairs: BTreeSet<(UserId, UserId)> = users.into_iter().map(|user| (id, user)).collect();
    let relations = store::visible_users::relations(conn, &pairs)?.into_iter();
    let visible = relations.filter(|(_, relation)| caller.may(Act::SeeUser(*relation)));
    Ok(visible.map(|((_, user), _)| user).collect())
}
