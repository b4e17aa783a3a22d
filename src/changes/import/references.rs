//! The groups and plans that the lines of an import name: found and locked once for many lines.

use std::collections::{BTreeMap, BTreeSet};

use super::line::ImportUser;
use crate::{
    domain::ids::{GroupId, Id, PlanId, UserId},
    error::{Code, Result},
    journal::tx::Tx,
    store::{self, groups::GroupRow, plans::PlanRow, user_keys::UserKey},
};

/// The groups and plans that lines name. The groups are locked.
pub(super) struct References {
    groups: BTreeMap<String, Vec<GroupId>>,
    plans: BTreeMap<String, Vec<PlanId>>,
    group_rows: BTreeMap<GroupId, GroupRow>,
    plan_rows: BTreeMap<PlanId, PlanRow>,
}

impl References {
    /// Finds what lines name. Locks the rules shared, then the groups and the users of the lines
    /// exclusive, in the order of their ids, as everybody does. If each line took its own locks, it
    /// would lock a user before the groups of the next line.
    pub(super) fn lock(tx: &mut Tx<'_>, lines: &[ImportUser]) -> Result<Self> {
        store::rule_lock::lock_rules_shared(tx)?;
        let groups =
            find(lines.iter().flat_map(|it| it.home_group.iter().chain(&it.groups)), |it| {
                group_ids(tx, it)
            })?;
        let plans = find(lines.iter().flat_map(|it| &it.learning_plans), |it| plan_ids(tx, it))?;
        let group_rows = rows(&groups, |id| store::groups::lock(tx, id))?;
        let plan_rows = rows(&plans, |id| store::plans::get(tx.read(), id))?;
        let emails = lines.iter().filter_map(|it| it.email.as_deref()?.parse().ok());
        let emails = emails.map(|it| UserKey::email(&it));
        let employee_ids = lines.iter().filter_map(|it| it.employee_id.clone());
        let keys: Vec<UserKey> = emails.chain(employee_ids.map(UserKey::EmployeeId)).collect();
        let users = store::user_keys::find(tx.read(), keys.iter())?;
        store::user_locks::lock_all_exclusive(tx, &users.into_values().collect::<Vec<UserId>>())?;
        Ok(Self { groups, plans, group_rows, plan_rows })
    }

    /// The groups of an id or a name: at most two.
    pub(super) fn groups(&self, name: &str) -> Vec<GroupId> {
        self.groups.get(name).cloned().unwrap_or_default()
    }

    /// The plans of an id or a name: at most two.
    pub(super) fn plans(&self, name: &str) -> Vec<PlanId> {
        self.plans.get(name).cloned().unwrap_or_default()
    }

    /// The groups of ids that [`Self::groups`] gave.
    pub(super) fn group_rows(&self, ids: &[GroupId]) -> Vec<GroupRow> {
        ids.iter().filter_map(|id| self.group_rows.get(id)).cloned().collect()
    }

    /// The plans of ids that [`Self::plans`] gave.
    pub(super) fn plan_rows(&self, ids: &[PlanId]) -> Vec<PlanRow> {
        ids.iter().filter_map(|id| self.plan_rows.get(id)).cloned().collect()
    }
}

/// Looks up each name once.
fn find<'a, T>(
    names: impl Iterator<Item = &'a String>,
    mut look_up: impl FnMut(&str) -> Result<Vec<T>>,
) -> Result<BTreeMap<String, Vec<T>>> {
    let names: BTreeSet<&String> = names.collect();
    names.into_iter().map(|name| Ok((name.clone(), look_up(name)?))).collect()
}

/// The row of each id, in the order of the ids.
fn rows<K, R>(
    found: &BTreeMap<String, Vec<Id<K>>>,
    mut row: impl FnMut(Id<K>) -> Result<R>,
) -> Result<BTreeMap<Id<K>, R>> {
    let ids: BTreeSet<Id<K>> = found.values().flatten().copied().collect();
    ids.into_iter().map(|id| Ok((id, row(id)?))).collect()
}

fn group_ids(tx: &mut Tx<'_>, name: &str) -> Result<Vec<GroupId>> {
    match name.parse() {
        Ok(id) => existing(id, store::groups::get(tx.read(), id)),
        Err(_) => store::groups::named(tx.read(), name),
    }
}

fn plan_ids(tx: &mut Tx<'_>, name: &str) -> Result<Vec<PlanId>> {
    match name.parse() {
        Ok(id) => existing(id, store::plans::get(tx.read(), id)),
        Err(_) => store::plans::named(tx.read(), name),
    }
}

/// The user of an id or an e-mail address, if there is one. Not looked up in advance, since a line
/// may name a user whom an earlier line created.
pub(super) fn user_ids(tx: &mut Tx<'_>, name: &str) -> Result<Vec<UserId>> {
    match name.parse() {
        Ok(id) => existing(id, store::users::get(tx.read(), id)),
        Err(_) => {
            let Ok(address) = name.parse() else { return Ok(Vec::new()) };
            Ok(store::users::by_email(tx.read(), &address)?.into_iter().map(|it| it.id).collect())
        }
    }
}

fn existing<K, T>(id: Id<K>, found: Result<T>) -> Result<Vec<Id<K>>> {
    match found {
        Ok(_) => Ok(vec![id]),
        Err(error) if error.code == Code::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
