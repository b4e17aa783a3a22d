//! The entries of the logs.

use daybook::{
    domain::{
        entry::{Action, Source, TargetType},
        ids::EntryId,
        text::fold,
    },
    journal::entry::row::EntryRow,
    store::users::UserRow,
};

use crate::data::random::{FIRST_MILLIS, Random, timestamp};

const COURSES: &[&str] = &[
    "Security Basics",
    "Forklift Training",
    "First Aid at Work",
    "Handling of Dangerous Goods",
    "Leadership for New Managers",
    "Data Protection 2026",
];
const NOTES: &[&str] = &[
    "Sam completed the live version of this course on June 12; the certificate is in the file.",
    "The due date was extended for maternity leave, as agreed with the supervisor by e-mail.",
    "By the new policy of the department, a grade below 70 % is a fail; the result was changed.",
];

/// A random entry: one in ten is a note, the others say what happened to the user in a course.
pub fn entry_row(random: &mut Random, user: &UserRow, by: &UserRow, millis: u64) -> EntryRow {
    let id: EntryId = random.id(millis);
    let course = random.below(COURSES.len() as u64) as usize;
    let (name, title) = (user.name(), COURSES[course]);
    let mut row = EntryRow {
        user_id: user.id,
        occurred_at: timestamp(millis),
        id,
        recorded_at: timestamp(millis),
        action: Action::Note,
        source: Source::Admin,
        created_by_id: None,
        created_by_name: None,
        created_by_kind: None,
        entered_by_id: Some(by.id),
        entered_by_name: Some(by.name()),
        entered_by_kind: Some(by.kind),
        relates_to: None,
        description: None,
        target_type: None,
        target_id: None,
        target_name: None,
        changes: None,
        external_id: None,
        notes: None,
        revision: None,
        edited_at: None,
        edited_by_id: None,
        edited_by_name: None,
        edited_by_kind: None,
        search_key: String::new(),
    };
    if random.below(10) == 0 {
        let notes = random.one_of(NOTES);
        row.created_by_id = Some(by.id);
        row.created_by_name = Some(by.name());
        row.created_by_kind = Some(by.kind);
        row.notes = Some(notes.to_owned());
        row.revision = Some(1);
        row.search_key = fold(notes);
        return row;
    }
    let day = random.below(28) + 1;
    let (action, what, changes) = match random.below(5) {
        0 => (Action::EnrollmentCreated, "was enrolled in", "[]".to_owned()),
        1 => (Action::EnrollmentStarted, "began", "[]".to_owned()),
        2 => (
            Action::EnrollmentCompleted,
            "completed",
            r#"[{"field":"status","before":"in_progress","after":"completed"}]"#.to_owned(),
        ),
        3 => (
            Action::EnrollmentDueDateChanged,
            "has a new due date for",
            format!(
                r#"[{{"field":"due_at","before":null,"after":"2026-07-{day:02}T00:00:00.000Z"}}]"#
            ),
        ),
        _ => (
            Action::EnrollmentGradeChanged,
            "has a new grade in",
            format!(r#"[{{"field":"grade","before":null,"after":{}.0}}]"#, 50 + day),
        ),
    };
    let description = format!("{name} {what} “{title}”.");
    row.action = action;
    row.search_key = fold(&description);
    row.description = Some(description);
    row.target_type = Some(TargetType::Course);
    // The id depends on the course alone.
    row.target_id = Some(Random(course as u64).id(FIRST_MILLIS));
    row.target_name = Some(title.to_owned());
    row.changes = Some(changes);
    row
}
