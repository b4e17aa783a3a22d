//! The three stories that a log is there for, and the notes that the same screens show.

use super::{
    people::{
        ANNA, CRISTIANO, DIEGO, ELENA, FIRE, FORKLIFT, HYGIENE, JONAS, KITCHEN, LEADERSHIP, MARTA,
        NOOR, ONBOARDING, PLATFORM, PRIVACY, PRIYA, SAFETY, SAM, SECURITY, TOM, WAREHOUSE,
    },
    scene::{API_CLIENT, Calendar, Deed, Note, Scene, scene},
};
use crate::{
    domain::{
        enrollment::{
            CompletionMethod::{Earned, Forced},
            GradeResult::{Fail, Pass},
        },
        entry::Action,
        group::GroupPermission,
    },
    error::Result,
};

/// The scenes of all stories.
pub(super) fn all(calendar: &Calendar) -> Result<Vec<Scene>> {
    let stories = [
        completion_timestamp(calendar)?,
        forced_to_completion(calendar)?,
        missing_learning_plan(calendar)?,
        maternity_leave(calendar)?,
        new_policy(calendar)?,
        leadership(calendar)?,
        sam(calendar)?,
        today(calendar),
    ];
    Ok(stories.into_iter().flatten().collect())
}

/// Did Jonas complete the security training before the deadline? The supervisor looks it up.
fn completion_timestamp(on: &Calendar) -> Result<Vec<Scene>> {
    let due_at = Some(on.on("06-30T23:59:59.000")?);
    let mark = Some((92.0, Pass));
    Ok(vec![
        scene(on.on("05-18T07:31:12.640")?, ANNA, JONAS, Deed::Enroll { course: SECURITY, due_at }),
        scene(on.on("06-30T13:02:44.095")?, JONAS, JONAS, Deed::LogIn),
        scene(on.on("06-30T13:04:10.277")?, PLATFORM, JONAS, Deed::Start(SECURITY)),
        scene(
            on.on("06-30T16:42:07.318")?,
            PLATFORM,
            JONAS,
            Deed::Complete { course: SECURITY, method: Earned, mark },
        ),
        scene(on.on("06-30T16:45:51.802")?, JONAS, JONAS, Deed::LogOut),
        scene(on.on("07-01T06:58:20.461")?, MARTA, MARTA, Deed::LogIn),
    ])
}

/// Noor sat in the live course, and the SCORM package knows nothing of it.
fn forced_to_completion(on: &Calendar) -> Result<Vec<Scene>> {
    let due_at = Some(on.on("04-30T23:59:59.000")?);
    let note = Note {
        text: "Noor completed the live version of this course on April 21, which the SCORM \
               package does not know of. The attendance sheet is with the instructor.",
        about: Some(Action::EnrollmentForcedComplete),
        occurred_at: None,
        created_by: None,
    };
    Ok(vec![
        scene(on.on("03-02T09:12:03.118")?, ANNA, NOOR, Deed::Enroll { course: SAFETY, due_at }),
        scene(on.on("04-07T11:47:29.530")?, NOOR, NOOR, Deed::LogIn),
        scene(on.on("04-07T11:50:02.216")?, PLATFORM, NOOR, Deed::Start(SAFETY)),
        scene(
            on.on("04-22T14:05:31.904")?,
            CRISTIANO,
            NOOR,
            Deed::Complete { course: SAFETY, method: Forced, mark: None },
        ),
        scene(on.on("04-22T14:07:16.353")?, CRISTIANO, NOOR, Deed::Note(note)),
    ])
}

/// Diego no longer sees “Forklift Training”. Who removed it, when, and why?
fn missing_learning_plan(on: &Calendar) -> Result<Vec<Scene>> {
    let note = Note {
        text: "Diego moved from the warehouse to the office on August 1 and drives no forklift any \
               more. Anna took the plan away when she prepared the move.",
        about: Some(Action::LearningPlanUnassigned),
        occurred_at: None,
        created_by: Some(ANNA),
    };
    Ok(vec![
        scene(on.on("02-16T10:20:45.009")?, PRIYA, DIEGO, Deed::Assign(FORKLIFT)),
        scene(on.on("02-16T10:21:13.774")?, PRIYA, DIEGO, Deed::Assign(ONBOARDING)),
        scene(on.on("07-29T10:14:32.507")?, ANNA, DIEGO, Deed::Unassign(FORKLIFT)),
        scene(on.on("08-05T12:33:08.142")?, DIEGO, DIEGO, Deed::LogIn),
        scene(on.on("08-06T08:26:55.690")?, CRISTIANO, DIEGO, Deed::Note(note)),
    ])
}

/// The note is written two weeks later, on behalf of a colleague, and backdated.
fn maternity_leave(on: &Calendar) -> Result<Vec<Scene>> {
    let due_at = Some(on.on("06-15T23:59:59.000")?);
    let to = on.on("12-15T23:59:59.000")?;
    let note = Note {
        text: "Due date extended for maternity leave, as Elena and I agreed on the phone.",
        about: Some(Action::EnrollmentDueDateChanged),
        occurred_at: Some(on.on("05-20T13:30:00.000")?),
        created_by: Some(PRIYA),
    };
    Ok(vec![
        scene(on.on("04-13T08:08:37.455")?, ANNA, ELENA, Deed::Enroll { course: PRIVACY, due_at }),
        scene(
            on.on("05-20T13:41:19.027")?,
            PRIYA,
            ELENA,
            Deed::MoveDueDate { course: PRIVACY, to },
        ),
        scene(on.on("06-03T08:48:02.881")?, CRISTIANO, ELENA, Deed::Note(note)),
    ])
}

/// A pass becomes a fail, and the note about the reason is edited a day later.
fn new_policy(on: &Calendar) -> Result<Vec<Scene>> {
    let due_at = Some(on.on("07-31T23:59:59.000")?);
    let mark = Some((74.0, Pass));
    let note = Note {
        text: "Changed from pass to fail: new policy.",
        about: Some(Action::EnrollmentGradeChanged),
        occurred_at: None,
        created_by: None,
    };
    let clearer = "Changed from pass to fail: the new hygiene policy asks for 80 % from July 1 on, \
                   also of those who passed in June. Tom may take the test again.";
    Ok(vec![
        scene(on.on("06-01T07:15:26.338")?, ANNA, TOM, Deed::Enroll { course: HYGIENE, due_at }),
        scene(on.on("06-17T09:20:14.912")?, TOM, TOM, Deed::LogIn),
        scene(on.on("06-17T09:22:40.166")?, PLATFORM, TOM, Deed::Start(HYGIENE)),
        scene(
            on.on("06-17T10:51:58.703")?,
            PLATFORM,
            TOM,
            Deed::Complete { course: HYGIENE, method: Earned, mark },
        ),
        scene(
            on.on("07-14T11:03:21.490")?,
            CRISTIANO,
            TOM,
            Deed::Judge { course: HYGIENE, result: Fail },
        ),
        scene(on.on("07-14T11:05:47.215")?, CRISTIANO, TOM, Deed::Note(note)),
        scene(on.on("07-15T07:39:10.568")?, CRISTIANO, TOM, Deed::RewordNote(clearer)),
    ])
}

/// The account of the learning platform gets an API client, and adds members to a group. Marta
/// manages the warehouse, the home group of her people, from then on.
fn leadership(on: &Calendar) -> Result<Vec<Scene>> {
    let permissions = &[GroupPermission::ManageUsers];
    let note = Note {
        text: "Added Marta Kowalczyk to the Leadership group, by the weekly run of the HR system.",
        about: None,
        occurred_at: None,
        created_by: None,
    };
    let mut scenes = vec![
        scene(on.on("07-03T13:20:44.095")?, CRISTIANO, PLATFORM, Deed::MakeApiClient(API_CLIENT)),
        scene(
            on.on("07-06T05:00:12.401")?,
            PLATFORM,
            MARTA,
            Deed::JoinGroup { group: LEADERSHIP, permissions: &[] },
        ),
        scene(on.on("07-06T05:00:13.118")?, PLATFORM, PLATFORM, Deed::Note(note)),
        scene(
            on.on("07-06T08:15:40.733")?,
            ANNA,
            MARTA,
            Deed::JoinGroup { group: WAREHOUSE, permissions },
        ),
        scene(
            on.on("06-01T07:14:58.020")?,
            ANNA,
            TOM,
            Deed::JoinGroup { group: KITCHEN, permissions: &[] },
        ),
    ];
    for (key, time) in [(SAM, "07-06T08:17:02.210"), (JONAS, "07-06T08:17:25.874")] {
        scenes.push(scene(on.on(time)?, ANNA, key, Deed::MoveHome(WAREHOUSE)));
    }
    Ok(scenes)
}

/// Sam's SCORM course stays in progress, so that the reader can force its completion.
fn sam(on: &Calendar) -> Result<Vec<Scene>> {
    let due_at = Some(on.on("08-31T23:59:59.000")?);
    let mark = Some((88.0, Pass));
    Ok(vec![
        scene(on.on("02-09T15:10:08.621")?, ANNA, SAM, Deed::Enroll { course: FIRE, due_at: None }),
        scene(
            on.on("03-11T19:30:00.144")?,
            PLATFORM,
            SAM,
            Deed::Complete { course: FIRE, method: Earned, mark },
        ),
        scene(on.on("05-11T14:02:55.870")?, ANNA, SAM, Deed::Enroll { course: SAFETY, due_at }),
        scene(on.on("06-08T16:17:31.052")?, SAM, SAM, Deed::MistypePassword),
        scene(on.on("06-08T16:17:58.939")?, SAM, SAM, Deed::LogIn),
        scene(on.on("06-08T16:19:24.487")?, PLATFORM, SAM, Deed::Start(SAFETY)),
        scene(on.on("06-08T16:58:40.203")?, SAM, SAM, Deed::LogOut),
    ])
}

/// Changes of today, so that the newest page of all logs is not old.
fn today(on: &Calendar) -> Vec<Scene> {
    let ago = |minutes: i64| on.now.plus_seconds(-60 * minutes);
    vec![
        scene(ago(143), MARTA, MARTA, Deed::LogIn),
        scene(ago(61), CRISTIANO, CRISTIANO, Deed::LogIn),
        scene(ago(38), ANNA, ANNA, Deed::LogIn),
    ]
}
