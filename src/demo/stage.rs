//! Plays scenes: makes the change of each, as its actor, at its time.

mod lookups;

use std::collections::HashMap;

use super::{
    scene::{Deed, Item, Key, Note, PASSWORD, Person, Scene, What},
    updates::{deactivate, same_enrollment, same_user},
};
use crate::{
    auth::tokens::token_hash,
    changes::{
        self, Change,
        api_clients::CreateApiClient,
        certifications::CreateCertification,
        courses::CreateCourse,
        enrollments::{
            CancelEnrollment, Enroll, StartEnrollment, UpdateEnrollment,
            complete::CompleteEnrollment,
        },
        group_members::PutMember,
        groups::{AttachPlan, CreateGroup},
        notes::{add::AddNote, edit::EditNote},
        plans::{AssignPlan, CreatePlan, UnassignPlan},
        sessions::{LogIn, LogOut},
        users::{CreateUser, UpdateUser},
    },
    config::session::SessionDays,
    domain::{
        catalogue::CourseStatus,
        entry::Action,
        group::GroupStatus,
        identity::{Identity, Proof},
        ids::{CertificationId, CourseId, EnrollmentId, EntryId, GroupId, Id, PlanId, UserId},
        policy::Caller,
        scope::Scope,
        user::{UserKind, UserStatus},
        version::IfMatch,
    },
    error::{Error, Result},
    journal::tx::Tx,
    store::{self, log::filter::EntryFilter},
};

/// Plays all scenes, which have to be in the order of time.
///
/// # Errors
/// Those of the changes. A test checks that none refuses the script.
pub(super) fn play(tx: &mut Tx<'_>, password_hash: &str, scenes: &[Scene]) -> Result<()> {
    let mut stage = Stage { password_hash: password_hash.to_owned(), ..Stage::default() };
    scenes.iter().try_for_each(|scene| stage.play(tx, scene))
}

/// The ids of all that has been created.
#[derive(Default)]
struct Stage {
    password_hash: String,
    people: HashMap<Key, Identity>,
    courses: HashMap<Item, CourseId>,
    certifications: HashMap<Item, CertificationId>,
    plans: HashMap<Item, PlanId>,
    groups: HashMap<Item, GroupId>,
    enrollments: HashMap<(Key, Item), EnrollmentId>,
    log_ins: usize,
}

impl Stage {
    fn play(&mut self, tx: &mut Tx<'_>, scene: &Scene) -> Result<()> {
        match &scene.what {
            What::Course(item, title, course_type) => {
                let (title, status) = ((*title).to_owned(), CourseStatus::Active);
                let course = CreateCourse { title, course_type: *course_type, status };
                let id = self.make(tx, scene, course)?.id;
                self.courses.insert(*item, id);
            }
            What::Certification(item, name, courses, validity_days) => {
                let course_ids: Result<_> = courses.iter().map(|it| self.course(*it)).collect();
                let (name, validity_days) = ((*name).to_owned(), *validity_days);
                let change = CreateCertification { name, course_ids: course_ids?, validity_days };
                let id = self.make(tx, scene, change)?.0.id;
                self.certifications.insert(*item, id);
            }
            What::Plan(item, name, certifications) => {
                let ids: Result<_> =
                    certifications.iter().map(|it| self.certification(*it)).collect();
                let change = CreatePlan { name: (*name).to_owned(), certification_ids: ids? };
                let id = self.make(tx, scene, change)?.0.id;
                self.plans.insert(*item, id);
            }
            What::Group(item, name, auto) => {
                let change = CreateGroup { name: (*name).to_owned(), status: GroupStatus::Active };
                let group = self.make(tx, scene, change)?.id;
                self.groups.insert(*item, group);
                if let Some(plan) = auto {
                    let plan = self.plan(*plan)?;
                    self.make(tx, scene, AttachPlan { group, plan, auto: true })?;
                }
            }
            What::Join(person) => self.join(tx, scene, person)?,
            What::To(key, deed) => self.deed(tx, scene, *key, deed)?,
        }
        Ok(())
    }

    fn join(&mut self, tx: &mut Tx<'_>, scene: &Scene, person: &Person) -> Result<()> {
        let is_person = person.kind == UserKind::Person;
        let supervisors: Result<_> = person.supervisors.iter().map(|key| self.id(*key)).collect();
        let change = CreateUser {
            email: person.email.clone(),
            given_name: person.given_name.to_owned(),
            surname: person.surname.to_owned(),
            kind: person.kind,
            employee_id: is_person.then(|| format!("E-{}", 1001 + person.key)),
            status: UserStatus::Active,
            role: person.role,
            time_zone: person.time_zone.to_owned(),
            home_group_id: None,
            supervisor_ids: supervisors?,
            password_hash: is_person.then(|| self.password_hash.clone()),
        };
        let (user, _) = self.make(tx, scene, change)?;
        // Until they log in, they have the id of a session that does not exist.
        let (id, name, session) = (user.id, user.name(), Id::from_uuid(user.id.uuid()));
        let proof = Proof::Session(session);
        let identity = Identity { id, name, kind: user.kind, role: user.role, proof };
        self.people.insert(person.key, identity);
        Ok(())
    }

    fn deed(&mut self, tx: &mut Tx<'_>, scene: &Scene, key: Key, deed: &Deed) -> Result<()> {
        let user = self.id(key)?;
        match deed {
            Deed::LogIn => self.log_in(tx, scene, key)?,
            Deed::MistypePassword => {
                let change = LogIn {
                    user,
                    days: SessionDays::default(),
                    verified: None,
                    refresh_hash: String::new(),
                    attempt: None,
                };
                tx.at(scene.at, |tx| changes::run(tx, &Caller::Nobody, &change))?;
            }
            Deed::LogOut => self.make(tx, scene, LogOut)?,
            Deed::Leave => {
                self.make(tx, scene, deactivate(user))?;
            }
            Deed::Enroll { course, due_at } => {
                let change = Enroll { user, course: self.course(*course)?, due_at: *due_at };
                let id = self.make(tx, scene, change)?.id;
                self.enrollments.insert((key, *course), id);
            }
            Deed::Start(course) => {
                let id = self.enrollment(key, *course)?;
                self.make(tx, scene, StartEnrollment { id })?;
            }
            Deed::Complete { course, method, mark } => {
                let (grade, result) = (mark.map(|it| it.0), mark.map(|it| it.1));
                let (id, method) = (self.enrollment(key, *course)?, *method);
                let change = CompleteEnrollment { id, method, completed_at: None, grade, result };
                self.make(tx, scene, change)?;
            }
            Deed::MoveDueDate { course, to } => {
                let same = same_enrollment(self.enrollment(key, *course)?);
                self.make(tx, scene, UpdateEnrollment { due_at: Some(Some(*to)), ..same })?;
            }
            Deed::Judge { course, result } => {
                let same = same_enrollment(self.enrollment(key, *course)?);
                self.make(tx, scene, UpdateEnrollment { result: Some(Some(*result)), ..same })?;
            }
            Deed::Cancel(course) => {
                let id = self.enrollment(key, *course)?;
                self.make(tx, scene, CancelEnrollment { id })?;
            }
            Deed::Assign(plan) => {
                let plan = self.plan(*plan)?;
                self.make(tx, scene, AssignPlan { user, plan })?;
            }
            Deed::Unassign(plan) => {
                let plan = self.plan(*plan)?;
                self.make(tx, scene, UnassignPlan { user, plan })?;
            }
            Deed::JoinGroup { group, permissions } => {
                let group = self.group(*group)?;
                let permissions = permissions.to_vec();
                self.make(tx, scene, PutMember { group, user, permissions })?;
            }
            Deed::MoveHome(group) => {
                let group = self.group(*group)?;
                let same = same_user(user);
                self.make(tx, scene, UpdateUser { home_group_id: Some(Some(group)), ..same })?;
            }
            Deed::Note(note) => self.note(tx, scene, user, note)?,
            Deed::MakeApiClient(name) => {
                let (name, scopes) = ((*name).to_owned(), Scope::ALL.iter().copied().collect());
                let secret_hash = token_hash(PASSWORD);
                self.make(tx, scene, CreateApiClient { name, user, scopes, secret_hash })?;
            }
            Deed::RewordNote(text) => {
                let change = EditNote {
                    user,
                    id: newest(tx, user, Action::Note)?,
                    if_match: IfMatch::Any,
                    notes: Some((*text).to_owned()),
                    occurred_at: None,
                    created_by: None,
                    relates_to: None,
                };
                self.make(tx, scene, change)?;
            }
        }
        Ok(())
    }

    fn log_in(&mut self, tx: &mut Tx<'_>, scene: &Scene, key: Key) -> Result<()> {
        self.log_ins += 1;
        let change = LogIn {
            days: SessionDays::default(),
            user: self.id(key)?,
            verified: Some(self.password_hash.clone()),
            // No token has this hash, so nobody can extend this session.
            refresh_hash: format!("demo-{}", self.log_ins),
            attempt: None,
        };
        let live = tx.at(scene.at, |tx| changes::run(tx, &Caller::Nobody, &change))?;
        if let (Some(live), Some(identity)) = (live, self.people.get_mut(&key)) {
            identity.proof = Proof::Session(live.session);
        }
        Ok(())
    }

    fn note(&self, tx: &mut Tx<'_>, scene: &Scene, user: UserId, note: &Note) -> Result<()> {
        let change = AddNote {
            user,
            notes: note.text.to_owned(),
            occurred_at: note.occurred_at,
            created_by: note.created_by.map(|key| self.id(key)).transpose()?,
            relates_to: note.about.map(|about| newest(tx, user, about)).transpose()?,
        };
        self.make(tx, scene, change).map(drop)
    }

    fn make<C: Change>(&self, tx: &mut Tx<'_>, scene: &Scene, change: C) -> Result<C::Output> {
        let caller = match scene.by {
            Some(key) => Caller::User(self.identity(key)?.clone()),
            None => Caller::Service,
        };
        tx.at(scene.at, |tx| changes::run(tx, &caller, &change))
    }
}

/// The newest entry of an action in a user's log.
fn newest(tx: &mut Tx<'_>, user: UserId, action: Action) -> Result<EntryId> {
    let filter = EntryFilter { actions: Some(vec![action]), ..EntryFilter::default() };
    let newest = store::log::entries::newest(tx.read(), user, &filter)?;
    newest.map(|row| row.id).ok_or_else(|| Error::internal("a note about nothing"))
}
