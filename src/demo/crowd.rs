//! A few hundred people around the stories, so that there is something to page through.
//!
//! The random numbers are the same in each run. Who does what depends on the code alone; when they
//! do it depends on the day on which the data is loaded.

use super::{
    dice::Dice,
    names,
    people::{ANNA, COURSES, CRISTIANO, CROWD, MARTA, PLANS, PLATFORM, PRIYA},
    scene::{Calendar, DAY, Deed, Key, Note, Person, Scene, What, scene},
};
use crate::{
    domain::{
        enrollment::{CompletionMethod, GradeResult},
        entry::Action,
        timestamp::Timestamp,
        user::{Role, UserKind},
    },
    error::{Error, Result},
};

/// The number of people.
const PEOPLE: usize = 300;
/// The number of the first people, who supervise the others.
const SUPERVISORS: usize = 20;
/// The lowest grade that is a pass.
const PASS: u64 = 70;
/// Time zones, with the hours from noon in UTC to noon there, roughly.
const ZONES: [(&str, i64); 6] = [
    ("Europe/Lisbon", 0),
    ("Europe/Berlin", -1),
    ("Europe/Istanbul", -3),
    ("Asia/Kolkata", -5),
    ("America/New_York", 5),
    ("America/Chicago", 6),
];

/// The reasons for forcing a completion.
const REASONS: [&str; 4] = [
    "Completed the live version of this course; see the attendance sheet.",
    "The last page did not report back to us, but the test was passed.",
    "Holds an equal certificate of a former employer. I have seen it.",
    "Gave this course as its instructor.",
];

/// The scenes of the crowd, person by person.
pub(super) fn lives(calendar: &Calendar) -> Result<Vec<Scene>> {
    let mut dice = Dice(2026);
    let mut scenes = Vec::new();
    for number in 0..PEOPLE {
        let mut life = Life::new(calendar, &mut dice, number)?;
        life.sessions()?;
        life.courses()?;
        life.plan()?;
        scenes.append(&mut life.scenes);
    }
    Ok(scenes)
}

/// The life of one person. Times are seconds since 1970, before [`Life::office_hours`].
struct Life<'a> {
    dice: &'a mut Dice,
    key: Key,
    hours_west: i64,
    begin: i64,
    end: i64,
    /// When they leave, or shortly before now: nothing happens later.
    until: Timestamp,
    scenes: Vec<Scene>,
}

impl<'a> Life<'a> {
    fn new(calendar: &Calendar, dice: &'a mut Dice, number: usize) -> Result<Self> {
        let key = CROWD + number;
        let is_supervisor = number < SUPERVISORS;
        let (time_zone, hours_west) = ZONES[dice.below(ZONES.len() as u64) as usize];
        let (now, founded) = (seconds(calendar.now), seconds(calendar.founded));
        let joined = match is_supervisor {
            true => founded + 3 * DAY + 600 * number as i64,
            false if dice.chance(60) => dice.between(founded + 8 * DAY, founded + 20 * DAY),
            false => dice.between(founded + 20 * DAY, now - 25 * DAY),
        };
        let begin = joined.max(now - 365 * DAY) + 3600;
        let until = calendar.now.plus_seconds(-15 * 60);
        let mut life = Self { dice, key, hours_west, begin, end: now, until, scenes: Vec::new() };
        life.join(time_zone, number, joined)?;
        if !is_supervisor && life.dice.chance(4) {
            let left = life.dice.between(begin + (now - begin) / 2, now);
            life.until = life.office_hours(left)?.min(life.until);
            let by = life.administrator();
            life.scenes.push(scene(life.until, by, key, Deed::Leave));
        }
        Ok(life)
    }

    fn join(&mut self, time_zone: &'static str, number: usize, joined: i64) -> Result<()> {
        let (given_name, surname, email) = names::name(number);
        let supervisor = if number < SUPERVISORS { MARTA } else { CROWD + number % SUPERVISORS };
        let person = Person {
            key: self.key,
            given_name,
            surname,
            email: Some(email),
            kind: UserKind::Person,
            role: Role::Learner,
            time_zone,
            supervisors: vec![supervisor],
        };
        let (at, by) = (self.office_hours(joined)?, self.administrator());
        self.scenes.push(Scene { at, by: Some(by), what: What::Join(person) });
        Ok(())
    }

    /// Log-ins, one in each part of their time, so that a log-out ends the session before the next.
    fn sessions(&mut self) -> Result<()> {
        let parts = 2 + self.dice.below(3) as i64;
        let part = (self.end - self.begin) / parts;
        for number in 0..parts {
            let from = self.begin + number * part;
            let at = self.dice.between(from, from + part * 9 / 10);
            if self.dice.chance(6) {
                self.add(at - 120, self.key, Deed::MistypePassword)?;
            }
            self.add(at, self.key, Deed::LogIn)?;
            if self.dice.chance(30) {
                let later = at + self.dice.between(600, 2 * 3600);
                self.add(later, self.key, Deed::LogOut)?;
            }
        }
        Ok(())
    }

    fn courses(&mut self) -> Result<()> {
        let first = self.dice.below(COURSES.len() as u64) as usize;
        for number in 0..2 + self.dice.below(2) as usize {
            // Five and twelve have no common divisor, so no course comes twice.
            self.course((first + 5 * number) % COURSES.len())?;
        }
        Ok(())
    }

    fn course(&mut self, course: usize) -> Result<()> {
        let by = self.administrator();
        let mut at = self.dice.between(self.begin, self.end);
        let days = 30 + 15 * self.dice.below(3) as i64;
        let due = at / DAY * DAY + days * DAY + DAY - 1;
        let due_at = self.dice.chance(80).then(|| timestamp(due)).transpose()?;
        self.add(at, by, Deed::Enroll { course, due_at })?;
        if self.dice.chance(7) {
            at += self.dice.between(DAY, 10 * DAY);
            return self.add(at, by, Deed::Cancel(course));
        }
        if due_at.is_some() && self.dice.chance(12) {
            at += self.dice.between(DAY, 10 * DAY);
            let to = timestamp(due + 30 * DAY)?;
            let by = self.administrator();
            self.add(at, by, Deed::MoveDueDate { course, to })?;
        }
        if !self.dice.chance(85) {
            return Ok(());
        }
        at += self.dice.between(3600, 21 * DAY);
        self.add(at, PLATFORM, Deed::Start(course))?;
        if !self.dice.chance(85) {
            return Ok(());
        }
        at += self.dice.between(3600, 12 * DAY);
        if self.dice.chance(6) {
            return self.force(at, course);
        }
        let grade = 60 + self.dice.below(21) + self.dice.below(21);
        let result = if grade < PASS { GradeResult::Fail } else { GradeResult::Pass };
        let (method, mark) = (CompletionMethod::Earned, Some((grade as f64, result)));
        self.add(at, PLATFORM, Deed::Complete { course, method, mark })
    }

    /// An administrator forces a completion, mostly with a note about the reason.
    fn force(&mut self, at: i64, course: usize) -> Result<()> {
        let by = self.administrator();
        let (method, mark) = (CompletionMethod::Forced, None);
        self.add(at, by, Deed::Complete { course, method, mark })?;
        if !self.dice.chance(70) {
            return Ok(());
        }
        let text = REASONS[self.dice.below(REASONS.len() as u64) as usize];
        let about = Action::EnrollmentForcedComplete;
        let note = Note { text, about: Some(about), occurred_at: None, created_by: None };
        self.add(at + 600, by, Deed::Note(note))
    }

    fn plan(&mut self) -> Result<()> {
        if !self.dice.chance(65) {
            return Ok(());
        }
        let plan = self.dice.below(PLANS.len() as u64) as usize;
        let at = self.dice.between(self.begin, self.end);
        let by = self.administrator();
        self.add(at, by, Deed::Assign(plan))?;
        if self.dice.chance(12) {
            let at = at + self.dice.between(10 * DAY, 90 * DAY);
            let by = self.administrator();
            self.add(at, by, Deed::Unassign(plan))?;
        }
        Ok(())
    }

    fn administrator(&mut self) -> Key {
        [CRISTIANO, ANNA, PRIYA][self.dice.below(3) as usize]
    }

    /// Adds a scene, unless it is after the end.
    fn add(&mut self, at: i64, by: Key, deed: Deed) -> Result<()> {
        let at = self.office_hours(at)?;
        if at < self.until {
            self.scenes.push(scene(at, by, self.key, deed));
        }
        Ok(())
    }

    /// Maps a time to their working week, five days of ten hours, and keeps the order of times.
    fn office_hours(&self, at: i64) -> Result<Timestamp> {
        // 1970-01-01 was a Thursday: three days after a Monday.
        let monday = (at + 3 * DAY).div_euclid(7 * DAY) * 7 * DAY - 3 * DAY;
        // In milliseconds, so that not everything happens on a whole second.
        let worked = (at - monday) * 1000 * 5 / 7;
        let (day, rest) = (worked / (DAY * 1000), worked % (DAY * 1000));
        let start = (monday + day * DAY + (8 + self.hours_west) * 3600) * 1000;
        Timestamp::from_millis(start + rest * 10 / 24).ok_or_else(out_of_time)
    }
}

fn seconds(time: Timestamp) -> i64 {
    time.millis().div_euclid(1000)
}

fn timestamp(seconds: i64) -> Result<Timestamp> {
    Timestamp::from_millis(seconds * 1000).ok_or_else(out_of_time)
}

fn out_of_time() -> Error {
    Error::internal("the system's clock is out of the years 1 to 9999")
}
