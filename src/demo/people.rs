//! The people of the stories, and what there is to learn.

use super::scene::{Calendar, Item, Key, Person, Scene, What};
use crate::domain::{
    catalogue::CourseType,
    user::{Role, UserKind},
};

pub(super) const CRISTIANO: Key = 0;
pub(super) const ANNA: Key = 1;
pub(super) const PRIYA: Key = 2;
/// A learner like others, who supervises the learners of the stories.
pub(super) const MARTA: Key = 3;
pub(super) const SAM: Key = 4;
pub(super) const JONAS: Key = 5;
pub(super) const NOOR: Key = 6;
pub(super) const DIEGO: Key = 7;
pub(super) const ELENA: Key = 8;
pub(super) const TOM: Key = 9;
// 10 is the auditor, whom no story names.
/// The account by which the learning platform reports starts and completions.
pub(super) const PLATFORM: Key = 11;
/// The first person of the crowd.
pub(super) const CROWD: Key = 12;

/// The people of the stories, in the order of their keys: given name, surname, role, time zone.
const CAST: [(&str, &str, Role, &str); CROWD] = [
    ("Cristiano", "Ferreira", Role::Administrator, "Europe/Lisbon"),
    ("Anna", "Lindqvist", Role::Administrator, "Europe/Stockholm"),
    ("Priya", "Raman", Role::Administrator, "Europe/London"),
    ("Marta", "Kowalczyk", Role::Learner, "Europe/Warsaw"),
    ("Sam", "Rivera", Role::Learner, "America/Chicago"),
    ("Jonas", "Weber", Role::Learner, "Europe/Berlin"),
    ("Noor", "Haddad", Role::Learner, "Europe/Paris"),
    ("Diego", "Santos", Role::Learner, "America/Sao_Paulo"),
    ("Elena", "Petrova", Role::Learner, "Europe/Sofia"),
    ("Tom", "Okafor", Role::Learner, "Africa/Lagos"),
    ("Grace", "Kim", Role::Auditor, "Asia/Seoul"),
    ("Learning", "Platform", Role::Administrator, "UTC"),
];

pub(super) const SECURITY: Item = 0;
pub(super) const SAFETY: Item = 1;
pub(super) const PRIVACY: Item = 2;
pub(super) const HYGIENE: Item = 3;
pub(super) const FIRE: Item = 4;

/// The courses, in the order of their items.
pub(super) const COURSES: [(&str, CourseType); 12] = [
    ("Information Security Training", CourseType::Online),
    ("Workplace Safety", CourseType::Scorm),
    ("Data Protection Basics", CourseType::Online),
    ("Food Hygiene", CourseType::Scorm),
    ("Fire Safety", CourseType::InstructorLed),
    ("Forklift Theory", CourseType::Scorm),
    ("Forklift Practice", CourseType::InstructorLed),
    ("First Aid", CourseType::InstructorLed),
    ("Code of Conduct", CourseType::Online),
    ("Project Management", CourseType::External),
    ("Difficult Conversations", CourseType::InstructorLed),
    ("Spreadsheets for Everybody", CourseType::Online),
];

pub(super) const FORKLIFT: Item = 0;
pub(super) const ONBOARDING: Item = 1;

/// The certifications, in the order of their items, with courses and validity in days.
const CERTIFICATIONS: [(&str, &[Item], Option<i64>); 4] = [
    ("Information Security", &[SECURITY], Some(365)),
    ("Forklift Driver", &[5, 6], Some(3 * 365)),
    ("Food Handler", &[HYGIENE], Some(2 * 365)),
    ("Fire Warden", &[FIRE, 7], None),
];

/// The learning plans, in the order of their items, with their certifications.
pub(super) const PLANS: [(&str, &[Item]); 6] = [
    ("Forklift Training", &[1]),
    ("Onboarding", &[]),
    ("Annual Compliance", &[0]),
    ("New Managers", &[]),
    ("Kitchen Staff", &[2]),
    ("First Responders", &[3]),
];

pub(super) const WAREHOUSE: Item = 0;
pub(super) const KITCHEN: Item = 1;
pub(super) const LEADERSHIP: Item = 2;

/// The groups, in the order of their items, with the plan that comes with the membership.
const GROUPS: [(&str, Option<Item>); 3] =
    [("Warehouse", None), ("Kitchen", Some(4)), ("Leadership", Some(3))];

/// The e-mail address of a person of the stories.
pub(super) fn email_of(key: Key) -> String {
    let (given_name, surname, ..) = CAST[key];
    address(given_name, surname)
}

/// The e-mail address that goes with a name of plain letters.
pub(super) fn address(given_name: &str, surname: &str) -> String {
    format!("{given_name}.{surname}@example.com").to_lowercase()
}

/// The first day: the people of the stories join; courses, plans and groups are created.
pub(super) fn arrivals(calendar: &Calendar) -> Vec<Scene> {
    let people = CAST.iter().enumerate().map(|(key, (given_name, surname, role, time_zone))| {
        let kind = if key == PLATFORM { UserKind::Api } else { UserKind::Person };
        What::Join(Person {
            key,
            given_name,
            surname,
            // Nobody logs in as an API account, so it needs no address.
            email: (kind == UserKind::Person).then(|| address(given_name, surname)),
            kind,
            role: *role,
            time_zone,
            supervisors: if (SAM..=TOM).contains(&key) { vec![MARTA] } else { Vec::new() },
        })
    });
    let courses =
        COURSES.iter().enumerate().map(|(item, (title, it))| What::Course(item, title, *it));
    let certifications =
        CERTIFICATIONS.iter().enumerate().map(|(item, (name, courses, validity))| {
            What::Certification(item, name, courses, *validity)
        });
    let plans = PLANS.iter().enumerate().map(|(item, (name, parts))| What::Plan(item, name, parts));
    let groups =
        GROUPS.iter().enumerate().map(|(item, (name, auto))| What::Group(item, name, *auto));
    let all = people.chain(courses).chain(certifications).chain(plans).chain(groups).enumerate();
    all.map(|(number, what)| Scene {
        at: calendar.founded.plus_seconds(97 * number as i64),
        // Somebody has to be the first administrator.
        by: (number > 0).then_some(CRISTIANO),
        what,
    })
    .collect()
}
