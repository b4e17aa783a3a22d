//! The log of the platform: a million entries in order of time. One API account entered nearly all.

use daybook::{
    domain::{
        entry::{Action, Source, TargetType},
        text::fold,
    },
    journal::entry::row::EntryRow,
    store::users::UserRow,
};

use crate::{
    data::{
        entries::entry_row,
        ids::numbered_id,
        random::{FIRST_MILLIS, Random},
    },
    platform::people::{ADMINISTRATOR, API_ACCOUNT, LONG_LOG, USERS, is_inactive},
};

/// How many entries there are.
pub const ENTRIES: u64 = 1_000_000;
/// The time between two entries, in milliseconds: a million entries take two years.
const STEP_MILLIS: u64 = 63_072;

/// The actions, each with how many of ten thousand entries have it and the type of its target.
const ACTIONS: &[(u64, Action, Option<TargetType>)] = &[
    (1, Action::EnrollmentForcedComplete, Some(TargetType::Course)),
    (1, Action::UserRoleChanged, None),
    (8, Action::EnrollmentCancelled, Some(TargetType::Course)),
    (10, Action::ExternalTrainingLogged, Some(TargetType::ExternalTraining)),
    (80, Action::UserUpdated, None),
    (200, Action::LearningPlanMet, Some(TargetType::LearningPlan)),
    (300, Action::CertificationMet, Some(TargetType::Certification)),
    (400, Action::GroupMemberAdded, Some(TargetType::Group)),
    (500, Action::SessionLoggedIn, None),
    (500, Action::LearningPlanAssigned, Some(TargetType::LearningPlan)),
    (1_000, Action::EnrollmentDueDateChanged, Some(TargetType::Course)),
    (1_000, Action::EnrollmentGradeChanged, Some(TargetType::Course)),
    (2_000, Action::EnrollmentStarted, Some(TargetType::Course)),
    (2_000, Action::EnrollmentCompleted, Some(TargetType::Course)),
    (2_000, Action::EnrollmentCreated, Some(TargetType::Course)),
];

/// The entry of a number, in order of time.
pub fn log_entry(random: &mut Random, users: &[UserRow], number: u64) -> EntryRow {
    let millis = FIRST_MILLIS + number * STEP_MILLIS;
    let mut subject = if random.below(20) == 0 { LONG_LOG } else { random.below(USERS) };
    if is_inactive(subject) && number > ENTRIES / 10 {
        subject += 1_000;
    }
    let (user, api, administrator) =
        (&users[subject as usize], &users[API_ACCOUNT as usize], &users[ADMINISTRATOR as usize]);
    // One in ten is a note.
    let mut row = entry_row(random, user, administrator, millis);
    if row.notes.is_some() {
        return row;
    }
    let (action, target_type) = action_at(random.below(10_000));
    let by = if action == Action::SessionLoggedIn { user } else { api };
    row.source = match action {
        Action::SessionLoggedIn => Source::Own,
        Action::LearningPlanMet | Action::CertificationMet => Source::Rule,
        Action::LearningPlanAssigned => Source::Group,
        Action::UserUpdated if random.below(10) == 0 => Source::Import,
        _ => Source::Api,
    };
    row.entered_by_id = Some(by.id);
    row.entered_by_name = Some(by.name());
    row.entered_by_kind = Some(by.kind);
    row.action = action;
    row.target_type = target_type;
    row.target_id = target_type.map(|_| numbered_id(random.below(500)));
    if target_type.is_none() {
        row.target_name = None;
    }
    let text = format!("{} happened to {} ({number}).", action.as_str(), user.name());
    row.search_key = fold(&text);
    row.description = Some(text);
    row
}

/// The action of a number below ten thousand.
fn action_at(mut at: u64) -> (Action, Option<TargetType>) {
    for (share, action, target_type) in ACTIONS {
        match at.checked_sub(*share) {
            None => return (*action, *target_type),
            Some(rest) => at = rest,
        }
    }
    (Action::EnrollmentCreated, Some(TargetType::Course))
}
