//! Looks up what the scenes before have created.

use std::collections::HashMap;

use super::Stage;
use crate::{
    demo::scene::{Item, Key},
    domain::{
        identity::Identity,
        ids::{CertificationId, CourseId, EnrollmentId, GroupId, PlanId, UserId},
    },
    error::{Error, Result},
};

impl Stage {
    pub(super) fn id(&self, key: Key) -> Result<UserId> {
        find(&self.people, key).map(|identity| identity.id)
    }

    pub(super) fn course(&self, item: Item) -> Result<CourseId> {
        find(&self.courses, item).copied()
    }

    pub(super) fn plan(&self, item: Item) -> Result<PlanId> {
        find(&self.plans, item).copied()
    }

    pub(super) fn enrollment(&self, key: Key, course: Item) -> Result<EnrollmentId> {
        find(&self.enrollments, (key, course)).copied()
    }

    pub(super) fn certification(&self, item: Item) -> Result<CertificationId> {
        find(&self.certifications, item).copied()
    }

    pub(super) fn group(&self, item: Item) -> Result<GroupId> {
        find(&self.groups, item).copied()
    }

    pub(super) fn identity(&self, key: Key) -> Result<&Identity> {
        find(&self.people, key)
    }
}

/// The thing of a key.
fn find<K: std::hash::Hash + Eq, V>(things: &HashMap<K, V>, key: K) -> Result<&V> {
    things
        .get(&key)
        .ok_or_else(|| Error::internal("a scene names something that does not exist yet"))
}
