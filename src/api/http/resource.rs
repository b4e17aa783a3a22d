//! Resources with a version: how one is created, shown and changed.

use actix_web::HttpResponse;
use serde::Serialize;

use super::{etag, extract::Ctx, gates::Gate, reply::Reply};
use crate::{changes::Change, db::reader::Reader, error::Result};

/// The JSON of something that has an address and a version.
pub trait Resource: Serialize + From<Self::Row> + 'static {
    /// As the store has it.
    type Row: Send + 'static;

    /// The path of the resource.
    fn location(row: &Self::Row) -> String;

    /// The version, which the ETag says.
    fn version(row: &Self::Row) -> i64;
}

impl Ctx {
    /// Creates a resource: 201 with `Location` and `ETag`.
    ///
    /// # Errors
    /// As [`Ctx::post`].
    pub async fn create<R, C>(&self, change: C) -> Result<HttpResponse>
    where
        R: Resource,
        C: Change<Output = R::Row>,
    {
        let created = |row| {
            let (location, version) = (R::location(&row), R::version(&row));
            Reply::created(location, version, &R::from(row))
        };
        self.post(change, created).await
    }

    /// Shows a resource to those whom a gate admits: 200 with `ETag`, or 304.
    ///
    /// # Errors
    /// As [`Gate::admit`]; whatever `read` returns.
    pub async fn show<R: Resource>(
        &self,
        gate: impl Gate<()>,
        read: impl FnOnce(&mut Reader<'_>) -> Result<R::Row> + Send + 'static,
    ) -> Result<HttpResponse> {
        let credentials = self.credentials;
        let work = move |reader: &mut Reader<'_>| {
            gate.admit(reader, credentials)?;
            read(reader)
        };
        Ok(self.resource::<R>(self.db.read(work).await?))
    }

    /// Changes a resource, and shows it as it is now: 200 with `ETag`.
    ///
    /// # Errors
    /// As [`Ctx::apply`].
    pub async fn update<R, C>(&self, change: C) -> Result<HttpResponse>
    where
        R: Resource,
        C: Change<Output = R::Row>,
    {
        Ok(self.resource::<R>(self.apply(change).await?))
    }

    /// Makes a change that leaves nothing to show: 204.
    ///
    /// # Errors
    /// As [`Ctx::apply`].
    pub async fn delete<C: Change>(&self, change: C) -> Result<HttpResponse> {
        self.apply(change).await?;
        Ok(HttpResponse::NoContent().finish())
    }

    /// A resource with its `ETag`; 304 if the client has it already.
    pub fn resource<R: Resource>(&self, row: R::Row) -> HttpResponse {
        etag::resource(&self.request, R::version(&row), &R::from(row))
    }
}
