//! `/me`: the caller, and what the caller may do.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::http::{
        endpoint::{Endpoint, endpoint},
        extract::Ctx,
    },
    domain::{
        examples,
        identity::Identity,
        ids::UserId,
        policy::{Act, Caller, Relation, Subject},
        scope::{Scope, Scopes},
        user::{Role, UserKind},
    },
    error::{Error, Result},
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(get_me)]
}

/// The caller.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": examples::ADMINISTRATOR, "name": "Cristiano Ferreira", "kind": "person",
    "role": "administrator", "scopes": null,
    "permissions": {
        "see_all_users": true, "change_all_users": true, "create_users": true,
        "change_roles": true, "add_notes": true, "edit_notes": true, "change_catalogue": true
    }
}))]
pub struct Me {
    id: UserId,
    #[schema(format = "full-name", examples("Cristiano Ferreira"))]
    name: String,
    kind: UserKind,
    role: Role,
    /// The scopes of the token; null where it is not limited.
    #[schema(required = true)]
    scopes: Option<Vec<Scope>>,
    permissions: Permissions,
}

/// What the caller may do with every user and every resource. Their relations may add to it.
#[derive(Serialize, ToSchema)]
pub struct Permissions {
    /// See every profile and every log.
    see_all_users: bool,
    /// Change every profile, with its enrollments and plans.
    change_all_users: bool,
    create_users: bool,
    change_roles: bool,
    /// Add notes to every log.
    add_notes: bool,
    /// Edit every note.
    edit_notes: bool,
    /// Change courses and learning plans.
    change_catalogue: bool,
}

impl Permissions {
    fn from_caller(caller: &Caller) -> Self {
        let relation = Relation::default();
        let stranger = Subject { relation, role: Role::Administrator };
        let scopes = caller.identity().and_then(Identity::scopes);
        let may = |scope, act| scopes.is_none_or(|it| it.contains(scope)) && caller.may(act);
        Self {
            see_all_users: may(Scope::UsersRead, Act::SeeUser(relation)),
            change_all_users: may(Scope::UsersWrite, Act::ChangeUser(stranger)),
            create_users: may(Scope::UsersWrite, Act::CreateUser),
            change_roles: may(Scope::UsersWrite, Act::WidenAccess),
            add_notes: may(Scope::ActivityWrite, Act::AddNote(relation)),
            edit_notes: may(Scope::ActivityWrite, Act::EditNote { relation, own: false }),
            change_catalogue: may(Scope::LearningWrite, Act::ChangeCatalogue),
        }
    }
}

/// Who am I?
///
/// The user of the token, with their role and what it allows with every user and every resource.
/// Supervision or a group permission may allow more with single users.
#[utoipa::path(get, path = "/me", tag = "Session",
    responses((status = 200, description = "The caller.", body = Me)))]
pub async fn get_me(ctx: Ctx) -> Result<HttpResponse> {
    let me = ctx.read(|_, caller| {
        let identity = caller.identity().ok_or_else(Error::invalid_token)?;
        Ok(Me {
            id: identity.id,
            name: identity.name.clone(),
            kind: identity.kind,
            role: identity.role,
            scopes: identity.scopes().map(Scopes::to_vec),
            permissions: Permissions::from_caller(caller),
        })
    });
    Ok(HttpResponse::Ok().json(me.await?))
}
