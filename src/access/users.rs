//! The users whom a caller may see, and what they may do to one of them.

use std::collections::BTreeSet;

use super::caller::caller;
use crate::{
    db::{connection::AnyConnection, reader::Reader},
    domain::{
        ids::UserId,
        policy::{Act, Caller, Credentials, Relation, Subject},
    },
    error::Result,
    store::{self, visible_users::VisibleUsers},
};

/// Refuses callers who may not see a user's profile, which includes the log. Returns the relation.
///
/// # Errors
/// `not_found` where there is no such user, or none that the caller may see.
pub fn see_user(conn: &mut AnyConnection, caller: &Caller, user: UserId) -> Result<Relation> {
    let relation = store::visible_users::relation(conn, caller.id(), user)?;
    caller.must_for_user(relation, Act::SeeUser(relation))?;
    Ok(relation)
}

/// The caller, if they may see a user: [`caller`] and [`see_user`], in one query for a session.
///
/// # Errors
/// Those of both.
pub fn caller_who_sees(
    conn: &mut AnyConnection,
    credentials: Credentials,
    user: UserId,
) -> Result<Caller> {
    if let Credentials::Session(id, session) = credentials
        && let Some((identity, relation)) =
            store::visible_users::identity_and_relation(conn, session, id, user)?
    {
        let caller = Caller::User(identity);
        caller.must_for_user(relation, Act::SeeUser(relation))?;
        return Ok(caller);
    }
    // The two functions know the reason of a refusal.
    let caller = caller(conn, credentials)?;
    see_user(conn, &caller, user)?;
    Ok(caller)
}

/// The users whom the caller may see, for a list.
pub fn visible(conn: &mut Reader<'_>, caller: &Caller) -> Result<VisibleUsers> {
    store::visible_users::find(conn, caller.visibility())
}

/// Refuses callers who may not do something to a user.
///
/// # Errors
/// As [`see_user`]; `forbidden` where the caller may see the user, but may not do it.
pub fn act_on_user(
    conn: &mut AnyConnection,
    caller: &Caller,
    user: UserId,
    act: impl FnOnce(Subject) -> Act,
) -> Result<()> {
    let subject = store::visible_users::subject(conn, caller.id(), user)?;
    caller.must_for_user(subject.relation, act(subject))
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
