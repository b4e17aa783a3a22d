//! Finds the groups, plans and supervisors that a line names.

use super::{
    line::ImportUser,
    references::{References, user_ids},
};
use crate::{
    domain::ids::{GroupId, Id, UserId},
    error::{Error, InputError, Result},
    journal::tx::Tx,
    store::{groups::GroupRow, plans::PlanRow},
};

/// The references of a line, found.
pub(super) struct LineReferences {
    pub(super) home: Option<GroupId>,
    pub(super) groups: Vec<GroupRow>,
    pub(super) plans: Vec<PlanRow>,
    pub(super) supervisors: Vec<UserId>,
}

impl ImportUser {
    /// The references of the line.
    ///
    /// # Errors
    /// `validation_failed`, with each name of nothing or of several things.
    pub(super) fn find_references(
        &self,
        tx: &mut Tx<'_>,
        references: &References,
    ) -> Result<LineReferences> {
        let mut errors = Vec::new();
        let mut group = |names: &[String], pointer: &str| {
            find_all(names, pointer, "group", &mut errors, |it| Ok(references.groups(it)))
        };
        let home = group(self.home_group.as_slice(), "/home_group")?.first().copied();
        let mut groups = group(&self.groups, "/groups")?;
        let names = &self.learning_plans;
        let plans =
            find_all(names, "/learning_plans", "plan", &mut errors, |it| Ok(references.plans(it)))?;
        let names = &self.supervisors;
        let supervisors =
            find_all(names, "/supervisors", "user", &mut errors, |it| user_ids(tx, it))?;
        if !errors.is_empty() {
            return Err(Error::invalid(errors));
        }
        // The change of the profile adds the home group.
        groups.retain(|group| Some(*group) != home);
        groups.sort_unstable();
        let (groups, plans) = (references.group_rows(&groups), references.plan_rows(&plans));
        Ok(LineReferences { home, groups, plans, supervisors })
    }
}

/// The ids of all names, each once. Adds an error for each name of nothing or of several things.
fn find_all<K>(
    names: &[String],
    pointer: &str,
    what: &str,
    errors: &mut Vec<InputError>,
    mut find: impl FnMut(&str) -> Result<Vec<Id<K>>>,
) -> Result<Vec<Id<K>>> {
    let mut found = Vec::new();
    for name in names {
        let mut error = |code, text| errors.push(InputError::body(pointer, code, text));
        match find(name)?.as_slice() {
            [] => error("unknown", format!("There is no {what} “{name}”.")),
            [only] if found.contains(only) => {}
            [only] => found.push(*only),
            _ => {
                error("ambiguous", format!("More than one {what} is called “{name}”: use its id."))
            }
        }
    }
    Ok(found)
}
