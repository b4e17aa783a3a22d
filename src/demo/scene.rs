//! Scenes: the changes of the demo data, each with a time, an actor and a deed.

use chrono::Datelike;

use crate::{
    domain::{
        catalogue::CourseType,
        enrollment::{CompletionMethod, GradeResult},
        entry::Action,
        group::GroupPermission,
        timestamp::Timestamp,
        user::{Role, UserKind},
    },
    error::{Error, Result},
};

/// A person in the demo data, before they have an id.
pub(super) type Key = usize;

/// The password of everybody in the demo data.
pub const PASSWORD: &str = "daybook-demo";

/// The name of the API client in the demo data.
pub const API_CLIENT: &str = "Weekly run";

/// A course or a plan in the demo data: its position in the lists of [`super::people`].
pub(super) type Item = usize;

/// One change, at its time.
pub(super) struct Scene {
    /// The time.
    pub(super) at: Timestamp,
    /// The actor; the service itself, if none.
    pub(super) by: Option<Key>,
    /// The change.
    pub(super) what: What,
}

/// The change of a scene.
pub(super) enum What {
    /// A course is offered.
    Course(Item, &'static str, CourseType),
    /// A certification is created: the courses that it requires, and its validity in days.
    Certification(Item, &'static str, &'static [Item], Option<i64>),
    /// A learning plan is created, with its certifications.
    Plan(Item, &'static str, &'static [Item]),
    /// A group is created, with the plan that comes with the membership.
    Group(Item, &'static str, Option<Item>),
    /// Somebody joins.
    Join(Person),
    /// A deed that this person's log has.
    To(Key, Deed),
}

/// Something that a person does, or that is done to them.
pub(super) enum Deed {
    LogIn,
    MistypePassword,
    LogOut,
    Leave,
    Enroll {
        course: Item,
        due_at: Option<Timestamp>,
    },
    Start(Item),
    Complete {
        course: Item,
        method: CompletionMethod,
        mark: Option<(f64, GradeResult)>,
    },
    MoveDueDate {
        course: Item,
        to: Timestamp,
    },
    Judge {
        course: Item,
        result: GradeResult,
    },
    Cancel(Item),
    Assign(Item),
    Unassign(Item),
    JoinGroup {
        group: Item,
        permissions: &'static [GroupPermission],
    },
    MoveHome(Item),
    Note(Note),
    RewordNote(&'static str),
    /// An API client that acts as them, with all scopes. Its secret is the password of everybody.
    MakeApiClient(&'static str),
}

/// A note, about the newest entry of an action in the same log, or about none.
pub(super) struct Note {
    pub(super) text: &'static str,
    pub(super) about: Option<Action>,
    /// The time that it names, if not that of the scene.
    pub(super) occurred_at: Option<Timestamp>,
    /// The author that it names, if not the actor.
    pub(super) created_by: Option<Key>,
}

/// A person who joins.
pub(super) struct Person {
    pub(super) key: Key,
    pub(super) given_name: &'static str,
    pub(super) surname: &'static str,
    pub(super) email: Option<String>,
    pub(super) kind: UserKind,
    pub(super) role: Role,
    pub(super) time_zone: &'static str,
    pub(super) supervisors: Vec<Key>,
}

/// A scene that a person's log has.
pub(super) fn scene(at: Timestamp, by: Key, to: Key, deed: Deed) -> Scene {
    Scene { at, by: Some(by), what: What::To(to, deed) }
}

/// Turns months and days into times in the past, relative to when the demo data is loaded.
pub(super) struct Calendar {
    /// When the data is loaded.
    pub(super) now: Timestamp,
    /// When everything begins: before the stories, and more than a year ago.
    pub(super) founded: Timestamp,
    year: i32,
}

/// Seconds in a day.
pub(super) const DAY: i64 = 24 * 3600;

impl Calendar {
    /// The stories end in August: from September on they are in this year, before in the last year.
    pub(super) fn new(now: Timestamp) -> Result<Self> {
        let today = now.to_utc();
        let year = if today.month() >= 9 { today.year() } else { today.year() - 1 };
        let mut calendar = Self { now, founded: now.plus_seconds(-370 * DAY), year };
        calendar.founded = calendar.founded.min(calendar.on("01-05T08:00:00.000")?);
        Ok(calendar)
    }

    /// A time of the year of the stories, such as `07-29T10:14:32.507`, UTC.
    pub(super) fn on(&self, time: &str) -> Result<Timestamp> {
        format!("{:04}-{time}Z", self.year).parse().map_err(Error::internal)
    }
}
