//! Identifiers: UUIDv7 (RFC 9562), typed by what they identify, so that nobody passes a course's id
//! for a user's.

use std::{fmt, hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{PartialSchema, ToSchema, openapi};
use uuid::Uuid;

/// The id of a `K`. Text form: the hyphenated UUID, as in RFC 9562.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $alias:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind {}
        $(#[$doc])*
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    /// A user: a person, or a generic API account.
    User => UserId;
    /// A session, from log-in to log-out.
    Session => SessionId;
    /// A course.
    Course => CourseId;
    /// An enrollment of one user in one course.
    Enrollment => EnrollmentId;
    /// A learning plan.
    Plan => PlanId;
    /// A group of users.
    Group => GroupId;
    /// A certification.
    Certification => CertificationId;
    /// A training outside the platform.
    Training => TrainingId;
    /// An API client, by which an integration authenticates.
    ApiClient => ApiClientId;
    /// A secret of an API client.
    ApiClientSecret => ApiClientSecretId;
    /// An entry of an activity log.
    Entry => EntryId;
    /// The target of an entry, of any kind.
    Any => AnyId;
}

impl<K> Id<K> {
    /// The id of a `K` with this UUID.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    /// The id of sixteen bytes; `None` for another number of bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self::from_uuid)
    }

    /// The UUID.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    /// The sixteen bytes of the UUID.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.uuid.as_bytes()
    }

    /// The same id without its kind, for the target of an entry.
    pub const fn any(self) -> AnyId {
        Id::from_uuid(self.uuid)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}

/// The text is not a UUID in its hyphenated form.
#[derive(Debug)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a UUID, such as 01977f3e-5c00-7000-8000-000000000000")
    }
}

impl<K> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // The uuid crate also reads braced, bare and URN forms; here, an id has one form.
        if text.len() != 36 {
            return Err(NotAnId);
        }
        Uuid::try_parse(text).map(Self::from_uuid).map_err(|_| NotAnId)
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.uuid.serialize(serializer)
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl<K> PartialSchema for Id<K> {
    fn schema() -> openapi::RefOr<openapi::Schema> {
        openapi::ObjectBuilder::new()
            .schema_type(openapi::Type::String)
            .format(Some(openapi::SchemaFormat::Custom("uuid".to_owned())))
            .min_length(Some(36))
            .max_length(Some(36))
            .description(Some("A UUIDv7 (RFC 9562)."))
            .examples(["01977f3e-5c00-7000-8000-000000000000"])
            .into()
    }
}

impl<K> ToSchema for Id<K> {
    fn name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
}
