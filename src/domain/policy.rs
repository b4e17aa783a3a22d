//! Every permission, in one place: who may do what, and to whom.

use super::{
    identity::Identity,
    ids::{ApiClientId, SessionId, UserId},
    scope::{Scope, Scopes},
    user::{Role, UserStatus},
};
use crate::error::{Error, Result};

/// The one who makes a request or a change.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A user who has proved their identity.
    User(Identity),
    /// Somebody without a proof, who wants to log in.
    Nobody,
    /// The service itself: its operator's commands, its demo data.
    Service,
}

impl Caller {
    /// The id of the user, if the caller is one.
    pub fn id(&self) -> Option<UserId> {
        self.identity().map(|identity| identity.id)
    }

    /// The identity of the user, if the caller is one.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::User(identity) => Some(identity),
            Self::Nobody | Self::Service => None,
        }
    }
}

/// The relation of a caller to the user of a profile or a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    /// They are the same.
    pub own: bool,
    /// The caller supervises the user.
    pub supervisor: bool,
    /// The caller has `view_learner_results` on an active group of the user.
    pub views_results: bool,
    /// The caller has `manage_users` on the user's home group, which is active.
    pub manages: bool,
}

/// The user whom an act concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Of the caller to the user.
    pub relation: Relation,
    /// The role of the user: who manages learners manages nobody with another role.
    pub role: Role,
}

impl Subject {
    fn is_managed_learner(self) -> bool {
        self.relation.manages && self.role == Role::Learner
    }
}

/// Something that a caller wants to do: the rows of the table of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// See a profile, with its enrollments, plans and activity log: one rule for all.
    SeeUser(Relation),
    /// Start an enrollment.
    StartEnrollment(Subject),
    /// Change names, time zone, supervisors, enrollments, plans, external training.
    ChangeUser(Subject),
    /// Complete an enrollment, or change its grade or result.
    GradeEnrollment(Subject),
    /// Change e-mail, employee id, status, role, home group, memberships, group permissions; set a
    /// password.
    ChangeAccount,
    /// The part of [`Act::ChangeAccount`] that makes or widens access: roles, passwords, group
    /// permissions; e-mail and employee id of a user above `learner`.
    WidenAccess,
    /// Create or import users.
    CreateUser,
    /// Add a note to a log.
    AddNote(Relation),
    /// Edit a note: `own` is by `entered_by`, not by the author that it names (`created_by`).
    EditNote {
        /// To the user whose log it is in.
        relation: Relation,
        /// The caller entered the note.
        own: bool,
    },
    /// Add system entries of other systems to logs.
    Ingest,
    /// See courses, certifications, learning plans, groups.
    SeeCatalogue,
    /// Change courses, certifications, learning plans, groups.
    ChangeCatalogue,
    /// See API clients.
    SeeApiClients,
    /// Create, change and revoke API clients.
    ChangeApiClients,
}

/// The users that a caller may see, as a filter for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// All of them.
    Everyone,
    /// This user, and all to whom they have a relation that allows [`Act::SeeUser`].
    RelatedTo(UserId),
    /// None.
    NoOne,
}

impl Caller {
    /// Whether the caller may do it.
    pub fn may(&self, act: Act) -> bool {
        let role = match self {
            Self::User(identity) => identity.role,
            Self::Nobody => return false,
            Self::Service => return true,
        };
        // This leads to access beyond the scopes of an API client, so it takes a person (D-18).
        if matches!(act, Act::WidenAccess | Act::ChangeApiClients)
            && self.identity().is_some_and(|it| it.scopes().is_some())
        {
            return false;
        }
        match (role, act) {
            (Role::Administrator, _) => true,
            (Role::Auditor, Act::SeeUser(_) | Act::SeeCatalogue | Act::SeeApiClients) => true,
            (Role::Learner, Act::SeeUser(relation)) => {
                relation.own || relation.supervisor || relation.views_results || relation.manages
            }
            (Role::Learner, Act::SeeCatalogue) => true,
            (_, Act::StartEnrollment(subject)) if subject.relation.own => true,
            (Role::Learner, Act::StartEnrollment(subject) | Act::ChangeUser(subject)) => {
                subject.is_managed_learner()
            }
            (Role::Learner, Act::GradeEnrollment(subject)) => {
                subject.is_managed_learner() && !subject.relation.own
            }
            (role, Act::AddNote(relation)) => may_write_notes(role, relation),
            (Role::Learner, Act::EditNote { relation, own }) => relation.manages && own,
            // An auditor changes nothing of others, not even where a relation would allow it.
            (
                Role::Auditor,
                Act::StartEnrollment(_)
                | Act::ChangeUser(_)
                | Act::GradeEnrollment(_)
                | Act::EditNote { .. },
            )
            | (
                Role::Auditor | Role::Learner,
                Act::ChangeAccount
                | Act::WidenAccess
                | Act::CreateUser
                | Act::Ingest
                | Act::ChangeCatalogue
                | Act::ChangeApiClients,
            )
            | (Role::Learner, Act::SeeApiClients) => false,
        }
    }

    /// Refuses what the caller may not do.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn must(&self, act: Act) -> Result<()> {
        if self.may(act) { Ok(()) } else { Err(Error::forbidden()) }
    }

    /// Refuses what the caller may not do to a user, and hides users whom the caller may not see.
    ///
    /// # Errors
    /// `not_found` where the caller may not see the user, `forbidden` where they may.
    pub fn must_for_user(&self, relation: Relation, act: Act) -> Result<()> {
        if !self.may(Act::SeeUser(relation)) {
            return Err(Error::not_found());
        }
        self.must(act)
    }

    /// Whether the caller may do something to every user, whatever the relation. A relation only
    /// adds permissions, so nobody has to look it up where this is true.
    pub fn may_to_anybody(&self, act: impl FnOnce(Relation) -> Act) -> bool {
        let stranger = Relation::default();
        self.may(Act::SeeUser(stranger)) && self.may(act(stranger))
    }

    /// The users that the caller may see: [`Act::SeeUser`] as a filter.
    pub fn visibility(&self) -> Visibility {
        match self.id() {
            _ if self.may(Act::SeeUser(Relation::default())) => Visibility::Everyone,
            Some(id) => Visibility::RelatedTo(id),
            None => Visibility::NoOne,
        }
    }
}

/// Whether a user may write notes in a log: [`Act::AddNote`] of a role and a relation.
pub fn may_write_notes(role: Role, relation: Relation) -> bool {
    match role {
        Role::Administrator => true,
        Role::Auditor => false,
        Role::Learner => relation.manages,
    }
}

/// Whether a note in a log may name a user as its author (`created_by`): they are on its Created By
/// list. They are active, and may write notes there themselves. To be named allows no edit.
pub fn may_be_author(role: Role, status: UserStatus, relation: Relation) -> bool {
    status == UserStatus::Active && may_write_notes(role, relation)
}

/// What an operation requires of an API client, besides what its user's role allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A valid token.
    Nothing,
    /// A token with this scope.
    Scope(Scope),
    /// A person who logged in: API clients are refused.
    Session,
}

impl Needs {
    /// Refuses an API client whose scopes do not include what the operation needs.
    ///
    /// # Errors
    /// `insufficient_scope`; `forbidden` where no scope would be enough.
    pub fn check(self, identity: &Identity) -> Result<()> {
        match (identity.scopes(), self) {
            (None, _) | (_, Self::Nothing) => Ok(()),
            (Some(scopes), Self::Scope(scope)) if scopes.contains(scope) => Ok(()),
            (Some(_), Self::Scope(scope)) => Err(Error::insufficient_scope(scope.as_str())),
            (Some(_), Self::Session) => Err(Error::forbidden()),
        }
    }
}

/// The credentials of a request, verified as far as the token itself goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A valid access token of a session, which may have ended since: the user and the session.
    Session(UserId, SessionId),
    /// A valid access token of an API client, which may have been revoked since: its user, the
    /// client, the scopes of the token, and what the operation needs.
    Client(UserId, ApiClientId, Scopes, Needs),
    /// A valid access token of the company's identity provider: its user.
    External(UserId),
    /// None.
    None,
    /// None, since there is no request: the service itself acts.
    Service,
}

impl Credentials {
    /// The same credentials, for an operation with other needs.
    #[must_use]
    pub fn needing(self, needs: Needs) -> Self {
        match self {
            Self::Client(user, client, scopes, _) => Self::Client(user, client, scopes, needs),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
