//! What the demo data is told in: scenes, each with a time, an actor and a deed.

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

/// Somebody in the demo data, before he has an id.
pub(super) type Key = usize;

/// A course or a plan in the demo data: its place in the catalogue of [`super::people`].
pub(super) type Item = usize;

/// One change, at its time.
pub(super) struct Scene {
    /// When.
    pub(super) at: Timestamp,
    /// Who does it; the service itself, if nobody.
    pub(super) by: Option<Key>,
    /// What.
    pub(super) what: What,
}

/// What happens in a scene.
pub(super) enum What {
    /// A course is offered.
    Course(Item, &'static str, CourseType),
    /// A certification is made: the courses that it requires, and its validity in days.
    Certification(Item, &'static str, &'static [Item], Option<i64>),
    /// A learning plan is made: the certifications that it is made of.
    Plan(Item, &'static str, &'static [Item]),
    /// A group is made, and the plan that comes with its membership.
    Group(Item, &'static str, Option<Item>),
    /// Somebody joins.
    Join(Person),
    /// Something is done that is in this person's log.
    To(Key, Deed),
}

/// What is done to somebody, or by himself.
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
    /// An API client that acts as him, good for everything, whose secret is everybody's password.
    MakeApiClient(&'static str),
}

/// A note, about the newest entry of an action in the same log, or about none.
pub(super) struct Note {
    pub(super) text: &'static str,
    pub(super) about: Option<Action>,
    /// When it says that it happened, if not when it is written.
    pub(super) occurred_at: Option<Timestamp>,
    /// Whom it names as the author, if not who writes it.
    pub(super) created_by: Option<Key>,
}

/// Somebody who joins.
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

/// A scene that is part of somebody's log.
pub(super) fn scene(at: Timestamp, by: Key, to: Key, deed: Deed) -> Scene {
    Scene { at, by: Some(by), what: What::To(to, deed) }
}

/// Turns months and days into times that are past, whenever the demo data is loaded.
pub(super) struct Calendar {
    /// When it is loaded.
    pub(super) now: Timestamp,
    /// When everything begins: before the stories, and more than a year ago.
    pub(super) founded: Timestamp,
    year: i32,
}

/// Seconds of a day.
pub(super) const DAY: i64 = 24 * 3600;

impl Calendar {
    /// The stories end in August: they are told of this year from September on, of last year before.
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
