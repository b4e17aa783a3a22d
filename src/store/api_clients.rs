//! API clients and their secrets.

use diesel::prelude::*;

use super::{contains, locked, page::list_by_search_key};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        direct::direct,
        schema::{api_client_secrets, api_clients, users},
    },
    domain::{
        entry::{Target, TargetType},
        identity::{Identity, Proof},
        ids::{self, ApiClientId, ApiClientSecretId, UserId},
        scope::Scopes,
        text::fold,
        timestamp::Timestamp,
        user::{Role, UserKind, UserStatus, full_name},
    },
    error::{Error, Result},
    journal::tx::Tx,
};

/// One API client, as it is stored.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = api_clients)]
#[allow(missing_docs, reason = "the columns")]
pub struct ApiClientRow {
    pub id: ApiClientId,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub name: String,
    pub search_key: String,
    pub user_id: UserId,
    pub scopes: Scopes,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl ApiClientRow {
    /// As entries name it.
    pub fn target(&self) -> Target {
        Target { target_type: TargetType::ApiClient, id: self.id.any(), name: self.name.clone() }
    }
}

/// A secret of an API client: its hash.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = api_client_secrets)]
#[allow(missing_docs, reason = "the columns")]
pub struct SecretRow {
    pub id: ApiClientSecretId,
    pub client_id: ApiClientId,
    pub secret_hash: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

type IdentityRow = (String, String, UserKind, Role, UserStatus, Scopes, Option<Timestamp>);

/// The user for whom a client's token acts, as they are now, with the scopes of both token and client.
///
/// # Errors
/// `invalid_token` if the client is revoked or its user is not active.
pub fn identity(
    conn: &mut AnyConnection,
    client: ApiClientId,
    user: UserId,
    granted: Scopes,
) -> Result<Identity> {
    let query = api_clients::table
        .inner_join(users::table.on(users::id.eq(api_clients::user_id)))
        .filter(api_clients::id.eq(client).and(users::id.eq(user)))
        .select((
            users::given_name,
            users::surname,
            users::kind,
            users::role,
            users::status,
            api_clients::scopes,
            api_clients::revoked_at,
        ));
    match direct!(conn, query.first::<IdentityRow>(conn)).optional()? {
        Some((given_name, surname, kind, role, UserStatus::Active, scopes, None)) => {
            let name = full_name(&given_name, &surname);
            let proof = Proof::Client(client, scopes.and(granted));
            Ok(Identity { id: user, name, kind, role, proof })
        }
        _ => Err(Error::invalid_token()),
    }
}

/// The API client of an id.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, id: ApiClientId) -> Result<ApiClientRow> {
    Ok(api_clients::table.find(id).first(conn)?)
}

/// The API client of an id, locked until the transaction ends.
///
/// # Errors
/// `not_found`.
pub fn lock(tx: &mut Tx<'_>, id: ApiClientId) -> Result<ApiClientRow> {
    Ok(locked!(tx, api_clients::table.find(id))?)
}

/// The list of API clients, by name.
#[derive(Clone, Debug, Default)]
pub struct ApiClientQuery {
    /// Characters of the name.
    pub q: Option<String>,
    /// The user as whom they act.
    pub user_id: Option<UserId>,
}

impl ApiClientQuery {
    fn filtered(&self) -> api_clients::BoxedQuery<'static, MultiBackend> {
        let mut query = api_clients::table.into_boxed::<MultiBackend>();
        if let Some(q) = &self.q {
            query = query.filter(api_clients::search_key.like(contains(q)).escape('\\'));
        }
        if let Some(user) = self.user_id {
            query = query.filter(api_clients::user_id.eq(user));
        }
        query
    }
}

list_by_search_key!(ApiClientQuery, api_clients, ApiClientRow, ids::ApiClient);

/// Adds an API client.
pub fn insert(tx: &mut Tx<'_>, row: &ApiClientRow) -> Result<()> {
    diesel::insert_into(api_clients::table).values(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Writes the client's fields with the next version.
pub fn update(tx: &mut Tx<'_>, row: &mut ApiClientRow) -> Result<()> {
    row.updated_at = tx.now();
    row.search_key = fold(&row.name);
    write(tx, row)
}

/// How exact `last_used_at` is, in seconds. Each write makes a new version, and somebody who is about
/// to change the client has to read it again.
const USE_SECONDS: i64 = 3600;

/// Records that the client is used now, which is no change of its settings.
pub fn mark_used(tx: &mut Tx<'_>, row: &mut ApiClientRow) -> Result<()> {
    let now = tx.now();
    if row.last_used_at.is_some_and(|time| time.plus_seconds(USE_SECONDS) > now) {
        return Ok(());
    }
    row.last_used_at = Some(now);
    write(tx, row)
}

fn write(tx: &mut Tx<'_>, row: &mut ApiClientRow) -> Result<()> {
    row.version += 1;
    diesel::update(api_clients::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}

/// The secrets of a client that are valid now, the oldest first.
pub fn secrets(
    conn: &mut AnyConnection,
    id: ApiClientId,
    now: Timestamp,
) -> Result<Vec<SecretRow>> {
    let valid = api_client_secrets::expires_at
        .is_null()
        .or(api_client_secrets::expires_at.gt(now).assume_not_null());
    let of_client = api_client_secrets::table.filter(api_client_secrets::client_id.eq(id));
    Ok(of_client.filter(valid).order(api_client_secrets::id).load(conn)?)
}

/// Adds a secret. The newest of the others stays valid until `others_end`; the rest ends now.
pub fn add_secret(tx: &mut Tx<'_>, row: &SecretRow, others_end: Timestamp) -> Result<()> {
    let now = tx.now();
    let newest = secrets(tx.read(), row.client_id, now)?.pop();
    let kept = newest.filter(|_| others_end > now).map(|mut it| {
        it.expires_at = Some(it.expires_at.map_or(others_end, |end| end.min(others_end)));
        it
    });
    end_secrets(tx, row.client_id)?;
    for row in kept.iter().chain([row]) {
        diesel::insert_into(api_client_secrets::table).values(row.clone()).execute(tx.write())?;
    }
    Ok(())
}

/// Deletes every secret of a client.
pub fn end_secrets(tx: &mut Tx<'_>, id: ApiClientId) -> Result<()> {
    let of_client = api_client_secrets::table.filter(api_client_secrets::client_id.eq(id));
    diesel::delete(of_client).execute(tx.write())?;
    Ok(())
}
