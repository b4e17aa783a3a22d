//! What follows by rule: certifications from completions, learning plans from certifications.
//!
//! Everything here happens in the transaction of its cause, under the lock of the user, and gives
//! entries in the order: certifications, then plans.

use super::entry;
use crate::{
    db::{Draft, Stamped, Tx},
    domain::{
        certification::{CertificationStatus as Status, expires_at},
        entry::{Action, FieldChange},
        ids::{CourseId, PlanId},
        policy::Caller,
        timestamp::Timestamp,
    },
    error::Result,
    store::{self, certifications::CertificationRow, standings::StandingRow, users::UserRow},
};

/// What follows when a user's enrollment in a course changed.
///
/// # Errors
/// Of the database.
pub(super) fn after_course(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &UserRow,
    course: CourseId,
    cause: &Stamped,
) -> Result<Vec<Stamped>> {
    let mut entries = Vec::new();
    let mut met = Vec::new();
    for certification in store::certifications::requiring(tx.read(), course)? {
        let mut before = store::standings::standing(tx.read(), user.id, certification.id)?;
        entries.extend(expire(tx, &Caller::Service, user, &certification, &mut before)?);
        if let Some(told) = certify(tx, caller, user, &certification, before, Some(cause))? {
            met.push((certification, told));
        }
    }
    let plans = after_certifications(tx, caller, user, &met)?;
    entries.extend(met.into_iter().map(|(_, told)| told).chain(plans));
    Ok(entries)
}

/// What follows for one user when a certification asks for something else than before.
///
/// # Errors
/// Of the database.
pub(super) fn after_definition(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &UserRow,
    certification: &CertificationRow,
) -> Result<Vec<Stamped>> {
    let mut before = store::standings::standing(tx.read(), user.id, certification.id)?;
    let mut entries = expire(tx, &Caller::Service, user, certification, &mut before)?;
    let Some(told) = certify(tx, caller, user, certification, before, None)? else {
        return Ok(entries);
    };
    let met = vec![(certification.clone(), told)];
    let plans = after_certifications(tx, caller, user, &met)?;
    entries.extend(met.into_iter().map(|(_, told)| told).chain(plans));
    Ok(entries)
}

/// What follows for a user's plans when certifications of his changed; the last of those that
/// belong to a plan is its cause.
///
/// # Errors
/// Of the database.
pub(super) fn after_certifications(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &UserRow,
    changed: &[(CertificationRow, Stamped)],
) -> Result<Vec<Stamped>> {
    let mut causes: Vec<(PlanId, &Stamped)> = Vec::new();
    for (certification, told) in changed {
        for plan in store::standings::assigned_plans_with(tx.read(), user.id, certification.id)? {
            causes.retain(|(known, _)| *known != plan);
            causes.push((plan, told));
        }
    }
    causes.sort_by_key(|(plan, _)| *plan);
    let mut entries = Vec::new();
    for (plan, cause) in causes {
        entries.extend(settle_plan(tx, caller, user, plan, Some(cause))?);
    }
    Ok(entries)
}

/// Brings how a user stands with a certification in line with his completions.
fn certify(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &UserRow,
    certification: &CertificationRow,
    before: Option<StandingRow>,
    cause: Option<&Stamped>,
) -> Result<Option<Stamped>> {
    let before = before.unwrap_or(StandingRow {
        user_id: user.id,
        certification_id: certification.id,
        status: Status::NotMet,
        met_at: None,
        expires_at: None,
    });
    let met_at = store::standings::completed_at(tx.read(), user.id, certification.id)?;
    let after = standing(&before, met_at, certification.validity_days, tx.now());
    if after == before {
        return Ok(None);
    }
    store::standings::set_standing(tx, &after)?;
    let (name, title) = (user.name(), &certification.name);
    let (action, text) = match after.status {
        Status::Met => {
            (Action::CertificationMet, format!("{name} met the certification “{title}”."))
        }
        Status::NotMet | Status::Expired => (
            Action::CertificationUnmet,
            format!("{name} no longer meets the certification “{title}”."),
        ),
    };
    let draft = Draft::system(user.id, action, text)
        .target(certification.target())
        .changes(differences(&before, &after))
        .caused_by(cause);
    Ok(Some(entry(tx, caller, draft)))
}

/// How a user stands, given since when his completions meet the certification, if they do.
fn standing(
    before: &StandingRow,
    met_at: Option<Timestamp>,
    validity_days: Option<i64>,
    now: Timestamp,
) -> StandingRow {
    let expires = met_at.and_then(|time| expires_at(time, validity_days));
    let with =
        |status, met_at, expires_at| StandingRow { status, met_at, expires_at, ..before.clone() };
    match met_at {
        None => with(Status::NotMet, None, None),
        // What has expired is met again by something newer, or by a longer validity; not by the
        // same completions seen again, nor by the older ones that fewer courses leave.
        Some(_)
            if before.status == Status::Expired
                && met_at <= before.met_at
                && expires.is_some_and(|time| time <= now) =>
        {
            before.clone()
        }
        Some(_) => with(Status::Met, met_at, expires),
    }
}

fn differences(before: &StandingRow, after: &StandingRow) -> Vec<FieldChange> {
    [
        FieldChange::of("status", &before.status, &after.status),
        FieldChange::of("met_at", &before.met_at, &after.met_at),
        FieldChange::of("expires_at", &before.expires_at, &after.expires_at),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Expires a certification of a user who stands so with it, if it is due and nobody has done it. Whatever else changes
/// how he stands asks for this first, so that the log tells of the expiry even if nobody looked
/// for it in time.
///
/// # Errors
/// Of the database.
pub(super) fn expire(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &UserRow,
    certification: &CertificationRow,
    standing: &mut Option<StandingRow>,
) -> Result<Vec<Stamped>> {
    let Some(before) = standing.clone().filter(|it| it.status == Status::Met) else {
        return Ok(Vec::new());
    };
    let Some(expired_at) = before.expires_at.filter(|time| *time <= tx.now()) else {
        return Ok(Vec::new());
    };
    let after = StandingRow { status: Status::Expired, ..before.clone() };
    store::standings::set_standing(tx, &after)?;
    *standing = Some(after.clone());
    let text = format!("The certification “{}” of {} expired.", certification.name, user.name());
    let draft = Draft::system(user.id, Action::CertificationExpired, text)
        .target(certification.target())
        .changes(differences(&before, &after))
        .occurred_at(expired_at);
    let changed = vec![(certification.clone(), entry(tx, caller, draft))];
    let plans = after_certifications(tx, caller, user, &changed)?;
    Ok(changed.into_iter().map(|(_, told)| told).chain(plans).collect())
}

/// Brings a user's plan in line with his certifications. A plan without any is never met.
///
/// # Errors
/// Of the database.
pub(super) fn settle_plan(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &UserRow,
    plan: PlanId,
    cause: Option<&Stamped>,
) -> Result<Option<Stamped>> {
    let Some(assignment) = store::plans::assignment(tx.read(), user.id, plan)? else {
        return Ok(None);
    };
    let mut met_at: Option<Timestamp> = None;
    let mut all = true;
    for id in store::certifications::of_plan(tx.read(), plan)? {
        let standing = store::standings::standing(tx.read(), user.id, id)?;
        match standing.filter(|it| it.status == Status::Met) {
            Some(standing) => met_at = met_at.max(standing.met_at),
            None => all = false,
        }
    }
    let met_at = met_at.filter(|_| all);
    if met_at.is_some() == assignment.met_at.is_some() {
        return Ok(None);
    }
    store::plans::set_met(tx, user.id, plan, met_at)?;
    let plan = store::plans::get(tx.read(), plan)?;
    let (action, verb) = match met_at {
        Some(_) => (Action::LearningPlanMet, "met"),
        None => (Action::LearningPlanUnmet, "no longer meets"),
    };
    let text = format!("{} {verb} the learning plan “{}”.", user.name(), plan.name);
    let draft = Draft::system(user.id, action, text)
        .target(plan.target())
        .changes(FieldChange::of("met_at", &assignment.met_at, &met_at))
        .caused_by(cause);
    Ok(Some(entry(tx, caller, draft)))
}
