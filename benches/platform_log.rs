//! The log of the platform: a million entries in order of time, nearly all of them entered by one
//! API account.

use daybook::{
    domain::{
        entry::{Action, Source, TargetType},
        text::fold,
    },
    journal::entry::row::EntryRow,
    store::users::UserRow,
};

use crate::{
    people::{ADMINISTRATOR, API_ACCOUNT, LONG_LOG, USERS},
    platform::{is_inactive, thing},
    random::{BEGIN, Random},
    seed::entry_row,
};

/// How many entries there are.
pub const ENTRIES: u64 = 1_000_000;
/// Between two entries: a million of them are two years.
const STEP: u64 = 63_072;

/// What happens, how often out of ten thousand, and to what.
const HAPPENINGS: &[(u64, Action, Option<TargetType>)] = &[
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

/// The entry of a number: the later, the higher.
pub fn entry(random: &mut Random, users: &[UserRow], number: u64) -> EntryRow {
    let millis = BEGIN + number * STEP;
    let mut about = if random.below(20) == 0 { LONG_LOG } else { random.below(USERS) };
    if is_inactive(about) && number > ENTRIES / 10 {
        about += 1_000;
    }
    let (user, api, administrator) =
        (&users[about as usize], &users[API_ACCOUNT as usize], &users[ADMINISTRATOR as usize]);
    // A tenth of them are notes.
    let mut row = entry_row(random, user, administrator, millis);
    if row.notes.is_some() {
        return row;
    }
    let (action, target_type) = happening(random.below(10_000));
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
    row.target_id = target_type.map(|_| thing(random.below(500)));
    if target_type.is_none() {
        row.target_name = None;
    }
    let text = format!("{} happened to {} ({number}).", action.as_str(), user.name());
    row.search_key = fold(&text);
    row.description = Some(text);
    row
}

fn happening(mut at: u64) -> (Action, Option<TargetType>) {
    for (often, action, target_type) in HAPPENINGS {
        match at.checked_sub(*often) {
            None => return (*action, *target_type),
            Some(rest) => at = rest,
        }
    }
    (Action::EnrollmentCreated, Some(TargetType::Course))
}
