//! Changes of certifications, and their expiry.

use std::slice;

use super::{
    CHUNK, Change, apply,
    catalogue::{self, Patched, RequiringRow},
    for_each_chunk,
    patch::set,
    rules::user_rules::RuleInput,
};
use crate::{
    db::{connection::AnyConnection, database::Db},
    domain::{
        ids::{self, CertificationId, CourseId, UserId},
        policy::{Act, Caller, Credentials},
        text::fold,
        version::IfMatch,
    },
    error::{Error, Result},
    journal::{
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
    store::{self, certifications::CertificationRow},
};

/// A certification, with the courses that it requires.
pub type CertificationWithCourses = (CertificationRow, Vec<CourseId>);

/// Creates a certification. Users who have completed its courses meet it at once.
pub struct CreateCertification {
    /// Its name.
    pub name: String,
    /// The courses that it requires: all of them.
    pub course_ids: Vec<CourseId>,
    /// Days from the last completion until it expires; `None` if it never does.
    pub validity_days: Option<i64>,
}

impl Change for CreateCertification {
    type Output = CertificationWithCourses;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::ChangeCatalogue)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        store::rule_lock::lock_rules_exclusive(tx)?;
        let courses = catalogue::checked::<CertificationRow>(tx, &self.course_ids)?;
        let row = CertificationRow {
            id: tx.new_id(),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            search_key: fold(&self.name),
            name: self.name.clone(),
            validity_days: self.validity_days,
        };
        store::certifications::insert(tx, &row)?;
        store::certifications::set_courses(tx, row.id, &courses)?;
        update_users(tx, caller, &row, &courses)?;
        Ok(Recorded::unlogged(Unlogged::Catalogue, (row, courses)))
    }
}

/// Changes a certification, and with it its status for users. What is `None` stays as it is.
pub struct UpdateCertification {
    /// Its id.
    pub id: CertificationId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// Its new name.
    pub name: Option<String>,
    /// The courses that it requires from now on: all of them.
    pub course_ids: Option<Vec<CourseId>>,
    /// Days from the last completion until it expires; `Some(None)` if it never does.
    pub validity_days: Option<Option<i64>>,
}

impl Change for UpdateCertification {
    type Output = CertificationWithCourses;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        catalogue::authorize::<CertificationRow>(tx, caller, self.id, Act::ChangeCatalogue)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        catalogue::update_requiring(
            tx,
            self.id,
            &self.if_match,
            self.course_ids.as_deref(),
            |row: &mut CertificationRow| Patched {
                name: set(&mut row.name, self.name.as_ref()),
                rule: set(&mut row.validity_days, self.validity_days.as_ref()),
            },
            |tx, row, courses| update_users(tx, caller, row, courses),
        )
    }
}

impl RequiringRow for CertificationRow {
    type Required = ids::Course;

    const REQUIRED: (&str, &str) = ("course_ids", "course");

    fn required(conn: &mut AnyConnection, id: CertificationId) -> Result<Vec<CourseId>> {
        store::certifications::courses(conn, id)
    }

    fn set_required(tx: &mut Tx<'_>, id: CertificationId, courses: &[CourseId]) -> Result<()> {
        store::certifications::set_courses(tx, id, courses)
    }

    fn check(conn: &mut AnyConnection, course: CourseId) -> Result<()> {
        store::courses::get(conn, course).map(drop)
    }
}

/// Updates the status of a certification for all users whom it may concern, in bounded memory.
fn update_users(
    tx: &mut Tx<'_>,
    caller: &Caller,
    row: &CertificationRow,
    courses: &[CourseId],
) -> Result<()> {
    let certifications = slice::from_ref(row);
    for_each_chunk(
        tx,
        |tx, after| {
            store::user_certifications::affected_users(tx.read(), row.id, courses, after, CHUNK)
        },
        |tx, users| {
            let input = RuleInput { users, certifications, plans: &[] };
            input.apply(tx, caller, |rules| rules.update_certifications(certifications, None))
        },
    )
}

/// Expires a certification of a user, if it is due and nobody has done so.
pub struct ExpireCertification {
    /// The user.
    pub user: UserId,
    /// The certification.
    pub certification: CertificationId,
}

impl Change for ExpireCertification {
    /// Whether it expired now.
    type Output = bool;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        match caller {
            Caller::Service => Ok(()),
            Caller::User(_) | Caller::Nobody => Err(Error::forbidden()),
        }
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<bool>> {
        store::rule_lock::lock_rules_shared(tx)?;
        let user = store::user_locks::lock_exclusive(tx, self.user)?;
        let certification = store::certifications::get(tx.read(), self.certification)?;
        let (users, certifications) = (slice::from_ref(&user), slice::from_ref(&certification));
        let input = RuleInput { users, certifications, plans: &[] };
        let entries = input.apply(tx, caller, |rules| rules.expire(caller, &certification))?;
        if entries.is_empty() {
            return Ok(Recorded::unchanged(false));
        }
        Ok(Recorded::new(true, entries))
    }
}

/// Expires all certifications that are due, and returns how many this call expired. Two replicas
/// may do so at once: each expiry is checked again under the lock of its user.
///
/// # Errors
/// `unavailable`; those that expired before stay so.
pub async fn expire_due(db: &Db) -> Result<usize> {
    let mut expired = 0;
    loop {
        let now = db.clock().now();
        let due =
            db.read_much(move |conn| store::user_certifications::due(conn, now, CHUNK)).await?;
        if due.is_empty() {
            return Ok(expired);
        }
        for (user, certification) in due {
            let change = ExpireCertification { user, certification };
            expired += usize::from(apply(db, Credentials::Service, change).await?);
        }
    }
}
