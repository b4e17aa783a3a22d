//! The changes that courses, certifications, learning plans and groups have in common.

use super::{patch::set, sorted};
use crate::{
    db::connection::AnyConnection,
    domain::{
        ids::{CertificationId, CourseId, GroupId, Id, PlanId},
        policy::{Act, Caller},
        version::IfMatch,
    },
    error::Result,
    journal::{
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
    store::{
        self, certifications::CertificationRow, courses::CourseRow, groups::GroupRow,
        plans::PlanRow,
    },
};

/// A row of the catalogue.
pub(super) trait CatalogueRow: Sized {
    /// Its id.
    type Id: Copy;

    /// The current version.
    fn version(&self) -> i64;

    /// Reads it.
    ///
    /// # Errors
    /// `not_found`.
    fn get(conn: &mut AnyConnection, id: Self::Id) -> Result<Self>;

    /// Locks it exclusively, and reads it.
    ///
    /// # Errors
    /// `not_found`.
    fn lock_exclusive(tx: &mut Tx<'_>, id: Self::Id) -> Result<Self>;

    /// Writes it, as the next version.
    fn update(&mut self, tx: &mut Tx<'_>) -> Result<()>;
}

macro_rules! catalogue_rows {
    ($($row:ty, $id:ty, $table:ident;)*) => {$(
        impl CatalogueRow for $row {
            type Id = $id;

            fn version(&self) -> i64 {
                self.version
            }

            fn get(conn: &mut AnyConnection, id: $id) -> Result<Self> {
                store::$table::get(conn, id)
            }

            fn lock_exclusive(tx: &mut Tx<'_>, id: $id) -> Result<Self> {
                store::$table::lock(tx, id)
            }

            fn update(&mut self, tx: &mut Tx<'_>) -> Result<()> {
                store::$table::update(tx, self)
            }
        }
    )*};
}

catalogue_rows! {
    CourseRow, CourseId, courses;
    CertificationRow, CertificationId, certifications;
    PlanRow, PlanId, plans;
    GroupRow, GroupId, groups;
}

/// Refuses callers who may not do something to a row of the catalogue.
///
/// # Errors
/// `not_found`, `forbidden`.
pub(super) fn authorize<R: CatalogueRow>(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: R::Id,
    act: Act,
) -> Result<()> {
    caller.must(Act::SeeCatalogue)?;
    R::get(tx.read(), id)?;
    caller.must(act)
}

/// Locks a row exclusively, checks its version, and writes it if `patch` says that it changed it.
///
/// # Errors
/// `not_found`, `precondition_required`, `precondition_failed`.
pub(super) fn update<R: CatalogueRow>(
    tx: &mut Tx<'_>,
    id: R::Id,
    if_match: &IfMatch,
    patch: impl FnOnce(&mut R) -> bool,
) -> Result<Recorded<R>> {
    let mut row = R::lock_exclusive(tx, id)?;
    if_match.check(row.version())?;
    if !patch(&mut row) {
        return Ok(Recorded::unchanged(row));
    }
    row.update(tx)?;
    Ok(Recorded::unlogged(Unlogged::Catalogue, row))
}

/// A row that requires others, and from which something follows for users: a certification with its
/// courses, a learning plan with its certifications.
pub(super) trait RequiringRow: CatalogueRow {
    /// The kind of what it requires.
    type Required;

    /// The field that lists what it requires, and the noun for one of them.
    const REQUIRED: (&str, &str);

    /// The ids of what it requires.
    fn required(conn: &mut AnyConnection, id: Self::Id) -> Result<Vec<Id<Self::Required>>>;

    /// Replaces what it requires.
    fn set_required(tx: &mut Tx<'_>, id: Self::Id, ids: &[Id<Self::Required>]) -> Result<()>;

    /// Finds one that it may require.
    ///
    /// # Errors
    /// `not_found`.
    fn check(conn: &mut AnyConnection, id: Id<Self::Required>) -> Result<()>;
}

/// The ids that a request lists, in their order, each once.
///
/// # Errors
/// `validation_failed`, at the first id of nothing.
pub(super) fn checked<R: RequiringRow>(
    tx: &mut Tx<'_>,
    ids: &[Id<R::Required>],
) -> Result<Vec<Id<R::Required>>> {
    let (field, noun) = R::REQUIRED;
    for (index, id) in ids.iter().enumerate() {
        R::check(tx.read(), *id)
            .map_err(|error| error.in_body(&format!("/{field}/{index}"), noun))?;
    }
    Ok(sorted(ids))
}

/// A row, with what it requires.
pub(super) type WithRequired<R> = (R, Vec<Id<<R as RequiringRow>::Required>>);

/// Updates a row and what it requires. `patch` says whether it changed the row, and whether in a
/// way that matters to users. Where the row requires something else afterwards, `update_users` gets
/// what it requires before and after, and applies the rules that follow.
///
/// # Errors
/// As [`update`]; `validation_failed` where a required id is unknown.
pub(super) fn update_requiring<R: RequiringRow>(
    tx: &mut Tx<'_>,
    id: R::Id,
    if_match: &IfMatch,
    required: Option<&[Id<R::Required>]>,
    patch: impl FnOnce(&mut R) -> Patched,
    update_users: impl FnOnce(&mut Tx<'_>, &R, &[Id<R::Required>]) -> Result<()>,
) -> Result<Recorded<WithRequired<R>>> {
    store::rule_lock::lock_rules_exclusive(tx)?;
    let mut row = R::lock_exclusive(tx, id)?;
    if_match.check(row.version())?;
    let before = R::required(tx.read(), id)?;
    let mut after = before.clone();
    let checked = required.map(|ids| checked::<R>(tx, ids)).transpose()?;
    let requires_others = set(&mut after, checked.as_ref());
    let patched = patch(&mut row);
    if !requires_others && !patched.any() {
        return Ok(Recorded::unchanged((row, after)));
    }
    row.update(tx)?;
    if requires_others {
        R::set_required(tx, id, &after)?;
    }
    if requires_others || patched.rule {
        let affected: Vec<_> = before.iter().chain(&after).copied().collect();
        update_users(tx, &row, &affected)?;
    }
    Ok(Recorded::unlogged(Unlogged::Catalogue, (row, after)))
}

/// The changes that a patch made.
pub(super) struct Patched {
    /// Its name changed.
    pub(super) name: bool,
    /// Something else that the rules depend on changed.
    pub(super) rule: bool,
}

impl Patched {
    fn any(&self) -> bool {
        self.name || self.rule
    }
}
