//! Who may do what (contract, section 4): every permission, in one place.

use super::{
    entry::Actor,
    ids::{ApiClientId, SessionId, UserId},
    scope::{Scope, Scopes},
    user::{Role, UserKind},
};
use crate::error::{Error, Result};

/// A user who proved who he is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The user.
    pub id: UserId,
    /// His name now.
    pub name: String,
    /// A person or an API account.
    pub kind: UserKind,
    /// His role.
    pub role: Role,
    /// What his token rests on.
    pub proof: Proof,
}

/// What an access token rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A log-in.
    Session(SessionId),
    /// The company's identity provider, which let him in.
    External,
    /// An API client, with what its token and the client itself are both good for.
    Client(ApiClientId, Scopes),
}

impl Identity {
    /// As entries name him.
    pub fn actor(&self) -> Actor {
        Actor { id: self.id, name: self.name.clone(), kind: self.kind }
    }

    /// The session that he logged in to, if he did.
    pub fn session(&self) -> Option<SessionId> {
        match self.proof {
            Proof::Session(session) => Some(session),
            Proof::Client(..) | Proof::External => None,
        }
    }

    /// What he is limited to; nothing, if he is not.
    pub fn scopes(&self) -> Option<Scopes> {
        match self.proof {
            Proof::Session(_) | Proof::External => None,
            Proof::Client(_, scopes) => Some(scopes),
        }
    }

    /// Refuses what an API client's scopes do not reach.
    ///
    /// # Errors
    /// `insufficient_scope`; `forbidden` where no scope would do.
    pub fn must_reach(&self, needs: Needs) -> Result<()> {
        match (self.scopes(), needs) {
            (None, _) | (_, Needs::Nothing) => Ok(()),
            (Some(scopes), Needs::Scope(scope)) if scopes.contains(scope) => Ok(()),
            (Some(_), Needs::Scope(scope)) => Err(Error::insufficient_scope(scope.as_str())),
            (Some(_), Needs::Session) => Err(Error::forbidden()),
        }
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody who proved who he is.
    Known(Identity),
    /// Somebody who did not: he wants to log in.
    Nobody,
    /// The service itself: its operator's commands, its demo data.
    Service,
}

impl Caller {
    /// The user who asks, if it is one.
    pub fn id(&self) -> Option<UserId> {
        self.identity().map(|identity| identity.id)
    }

    /// Who asks, if he proved it.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Known(identity) => Some(identity),
            Self::Nobody | Self::Service => None,
        }
    }
}

/// How a caller is related to the user that a profile, or a log, is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    /// They are the same.
    pub own: bool,
    /// The caller supervises the user.
    pub supervisor: bool,
    /// The caller has `view_learner_results` on a group of the user.
    pub views_results: bool,
    /// The caller has `manage_users` on the user's home group.
    pub manages: bool,
}

/// What a caller wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// See a profile, with its enrollments, plans and activity log: one rule for all.
    SeeUser(Relation),
    /// Change a profile, its enrollments, its plans.
    ChangeUser(Relation),
    /// Make a user.
    CreateUser,
    /// Give or take a role.
    ChangeRole,
    /// Make somebody a member of a group, or end that; give or take group permissions.
    ChangeMembership,
    /// Add a note to a log.
    AddNote(Relation),
    /// Edit a note.
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
    /// Make, change and revoke API clients.
    ChangeApiClients,
}

/// The users that a caller may see, as a filter for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them.
    Everyone,
    /// Himself, and those who are related to him so that [`Act::SeeUser`] is allowed.
    RelatedTo(UserId),
    /// None.
    NoOne,
}

impl Caller {
    /// Whether the caller may.
    pub fn may(&self, act: Act) -> bool {
        let role = match self {
            Self::Known(identity) => identity.role,
            Self::Nobody => return false,
            Self::Service => return true,
        };
        // Whoever gives roles and secrets could give himself what his scopes do not: that takes a
        // person who logged in.
        if matches!(act, Act::ChangeRole | Act::ChangeApiClients)
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
            (Role::Learner, Act::ChangeUser(relation)) => relation.manages,
            (role, Act::AddNote(relation)) => may_write_notes(role, relation),
            (Role::Learner, Act::EditNote { relation, own }) => relation.manages && own,
            // An auditor changes nothing, whatever his relations would let him.
            (Role::Auditor, Act::ChangeUser(_) | Act::EditNote { .. })
            | (
                Role::Auditor | Role::Learner,
                Act::CreateUser
                | Act::ChangeRole
                | Act::ChangeMembership
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

    /// Refuses what the caller may not do to a user, and does not tell of users whom he may not see.
    ///
    /// # Errors
    /// `not_found` where he may not know of the user, `forbidden` where he may.
    pub fn must_for_user(&self, relation: Relation, act: Act) -> Result<()> {
        if !self.may(Act::SeeUser(relation)) {
            return Err(Error::not_found());
        }
        self.must(act)
    }

    /// Whether the caller may do something to every user, however he is related to him: a relation
    /// lets more, and never less, so that where a stranger may it need not be asked for.
    pub fn may_to_anybody(&self, act: impl FnOnce(Relation) -> Act) -> bool {
        let stranger = Relation::default();
        self.may(Act::SeeUser(stranger)) && self.may(act(stranger))
    }

    /// Which users the caller may see: [`Act::SeeUser`], said as a filter.
    pub fn reach(&self) -> Reach {
        let stranger = Relation::default();
        match self.id() {
            _ if self.may(Act::SeeUser(stranger)) => Reach::Everyone,
            Some(id) => Reach::RelatedTo(id),
            None => Reach::NoOne,
        }
    }
}

/// What an operation asks of an API client, besides what its user's role allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A valid token.
    Nothing,
    /// A token with this scope.
    Scope(Scope),
    /// It is not for API clients: it takes a person, who logged in.
    Session,
}

/// What a request shows to prove who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A valid access token: its user, and its session, which may have ended since.
    Session(UserId, SessionId),
    /// A valid access token of an API client, which may have been revoked since: its user, the
    /// client, what the token is good for, and what the operation needs.
    Client(UserId, ApiClientId, Scopes, Needs),
    /// A valid access token of the company's identity provider: its user.
    External(UserId),
    /// Nothing.
    None,
    /// It is no request: the service itself.
    Service,
}

impl Credentials {
    /// The same proof, shown to an operation with other needs.
    #[must_use]
    pub fn needing(self, needs: Needs) -> Self {
        match self {
            Self::Client(user, client, scopes, _) => Self::Client(user, client, scopes, needs),
            other => other,
        }
    }
}

/// Whether an active user may be named as the author of a note: those who may write it, which is
/// [`Act::AddNote`], asked of a role and a relation.
pub fn may_write_notes(role: Role, relation: Relation) -> bool {
    match role {
        Role::Administrator => true,
        Role::Auditor => false,
        Role::Learner => relation.manages,
    }
}
