//! Changes of certifications, and their expiry.

use std::slice;

use super::{CHUNK, Change, apply, for_each_chunk, rules::About, sorted};
use crate::{
    db::database::Db,
    domain::{
        ids::{CertificationId, CourseId, UserId},
        policy::{Act, Caller, Credentials},
        text::fold,
        version::IfMatch,
    },
    error::Result,
    journal::{
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
    store::{self, certifications::CertificationRow},
};

/// A certification, with the courses that it requires.
pub type CertificationWithCourses = (CertificationRow, Vec<CourseId>);

/// Makes a certification. Whoever has completed its courses already meets it.
pub struct CreateCertification {
    /// Its name.
    pub name: String,
    /// The courses that it requires: all of them.
    pub course_ids: Vec<CourseId>,
    /// Days from the last completion until it expires; never without.
    pub validity_days: Option<i64>,
}

impl Change for CreateCertification {
    type Output = CertificationWithCourses;

    fn authorize(&self, caller: &Caller, _: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::ChangeCatalogue)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        store::user_certifications::change_rules(tx)?;
        let courses = known_courses(tx, &self.course_ids)?;
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
        settle_everybody(tx, caller, &row, &courses)?;
        Ok(Recorded::unlogged(Unlogged::Catalogue, (row, courses)))
    }
}

/// Changes a certification, and how users stand with it. What is `None` stays as it is.
pub struct UpdateCertification {
    /// Which one.
    pub id: CertificationId,
    /// The version that the caller read.
    pub if_match: IfMatch,
    /// Its new name.
    pub name: Option<String>,
    /// The courses that it requires now: all of them.
    pub course_ids: Option<Vec<CourseId>>,
    /// Days from the last completion until it expires; never without.
    pub validity_days: Option<Option<i64>>,
}

impl Change for UpdateCertification {
    type Output = CertificationWithCourses;

    fn authorize(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<()> {
        caller.must(Act::SeeCatalogue)?;
        store::certifications::get(tx.read(), self.id)?;
        caller.must(Act::ChangeCatalogue)
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Self::Output>> {
        store::user_certifications::change_rules(tx)?;
        let mut row = store::certifications::lock(tx, self.id)?;
        self.if_match.check(row.version)?;
        let had = store::certifications::courses(tx.read(), row.id)?;
        let has = match &self.course_ids {
            Some(ids) => known_courses(tx, ids)?,
            None => had.clone(),
        };
        let name = self.name.clone().unwrap_or_else(|| row.name.clone());
        let validity_days = self.validity_days.unwrap_or(row.validity_days);
        let asks_else = has != had || validity_days != row.validity_days;
        if name == row.name && !asks_else {
            return Ok(Recorded::unchanged((row, has)));
        }
        row.name = name;
        row.validity_days = validity_days;
        store::certifications::update(tx, &mut row)?;
        if asks_else {
            store::certifications::set_courses(tx, row.id, &has)?;
            let mut concerned = had;
            concerned.extend(&has);
            settle_everybody(tx, caller, &row, &concerned)?;
        }
        Ok(Recorded::unlogged(Unlogged::Catalogue, (row, has)))
    }
}

fn known_courses(tx: &mut Tx<'_>, ids: &[CourseId]) -> Result<Vec<CourseId>> {
    for (index, id) in ids.iter().enumerate() {
        store::courses::get(tx.read(), *id)
            .map_err(|error| error.in_body(&format!("/course_ids/{index}"), "course"))?;
    }
    Ok(sorted(ids))
}

/// Brings everybody whom it may concern in line with a certification, in bounded memory.
fn settle_everybody(
    tx: &mut Tx<'_>,
    caller: &Caller,
    row: &CertificationRow,
    courses: &[CourseId],
) -> Result<()> {
    for_each_chunk(
        tx,
        |tx, after| store::user_certifications::concerned(tx.read(), row.id, courses, after, CHUNK),
        |tx, users| {
            let certifications = slice::from_ref(row);
            let about = About { users, certifications, plans: &[] };
            about.decide(tx, caller, |case| case.settle(certifications, None))
        },
    )
}

/// Expires a certification of a user, if it is due and nobody has done it.
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
        // Time does this, and nobody else.
        match caller {
            Caller::Service => Ok(()),
            Caller::Known(_) | Caller::Nobody => Err(crate::error::Error::forbidden()),
        }
    }

    fn apply(&self, caller: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<bool>> {
        store::user_certifications::hold_rules(tx)?;
        let user = store::user_locks::lock(tx, self.user)?;
        let certification = store::certifications::get(tx.read(), self.certification)?;
        let (users, certifications) = (slice::from_ref(&user), slice::from_ref(&certification));
        let about = About { users, certifications, plans: &[] };
        let entries = about.decide(tx, caller, |case| case.expire(caller, &certification))?;
        if entries.is_empty() {
            return Ok(Recorded::unchanged(false));
        }
        Ok(Recorded::new(true, entries))
    }
}

/// Expires all certifications that are due, and says how many this call did. Two replicas may do
/// it at once: each expiry is checked again under the lock of its user.
///
/// # Errors
/// Of the database.
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
