//! A few hundred people around the stories, so that there is something to page through.
//!
//! The crowd is made by dice that fall alike each time: who does what depends on nothing but the
//! code, when depends on the day on which the data is loaded.

use super::{
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

/// How many they are.
const PEOPLE: usize = 300;
/// The first ones supervise the others.
const SUPERVISORS: usize = 20;
/// Grades from here on are passes.
const PASS: u64 = 70;
/// Time zones, and how many hours their noon is after noon in UTC, about.
const ZONES: [(&str, i64); 6] = [
    ("Europe/Lisbon", 0),
    ("Europe/Berlin", -1),
    ("Europe/Istanbul", -3),
    ("Asia/Kolkata", -5),
    ("America/New_York", 5),
    ("America/Chicago", 6),
];

/// Why courses are set to completed by hand.
const REASONS: [&str; 4] = [
    "Completed the live version of this course; see the attendance sheet.",
    "The last page did not report back to us, but the test was passed.",
    "Holds an equal certificate of a former employer. I have seen it.",
    "Gave this course as its instructor.",
];

/// What the crowd does, person by person.
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

/// One of the crowd. Times are seconds since 1970, before [`Life::office_hours`].
struct Life<'a> {
    dice: &'a mut Dice,
    key: Key,
    hours_west: i64,
    begin: i64,
    end: i64,
    /// When he leaves, or shortly before now: nothing happens later.
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

    /// Log-ins, one in each part of his time, so that a log-out ends the session before the next.
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
            // Five has no divisor in common with twelve: no course comes twice.
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

    /// An administrator sets a course to completed, and mostly says why.
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

    /// A scene in his life, unless it would be after its end.
    fn add(&mut self, at: i64, by: Key, deed: Deed) -> Result<()> {
        let at = self.office_hours(at)?;
        if at < self.until {
            self.scenes.push(scene(at, by, self.key, deed));
        }
        Ok(())
    }

    /// Puts a time into his working week, five days of ten hours: what was earlier stays earlier.
    fn office_hours(&self, at: i64) -> Result<Timestamp> {
        // 1970 began on a Thursday: three days after a Monday.
        let monday = (at + 3 * DAY).div_euclid(7 * DAY) * 7 * DAY - 3 * DAY;
        // Counted in milliseconds, so that not everything happens on a whole second.
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

/// Chance without chance: SplitMix64 (Steele, Lea and Flood, 2014) from a fixed seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to `bound`, without it.
    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound.max(1)
    }

    /// From `from` up to `to`, without it; `from` where there is nothing between.
    fn between(&mut self, from: i64, to: i64) -> i64 {
        from + self.below(u64::try_from(to - from).unwrap_or(0)) as i64
    }

    /// True in so many cases of a hundred.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}
