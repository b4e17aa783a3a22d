//! The filters of the log, as a query says them.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::{
    domain::{
        entry::{Action, EntryType, Source, TargetType},
        ids::{AnyId, EntryId, UserId},
        text::UnknownWord,
        timestamp::Timestamp,
    },
    error::{Error, Result},
    store::log::filter::EntryFilter,
};

/// What a log is narrowed by. Several filters narrow together.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActivityParams {
    /// System entries, or manual ones.
    #[param(nullable = false, inline)]
    r#type: Option<EntryType>,
    /// Only these actions: words of the vocabulary, comma-separated: `enrollment.completed`; `enrollment.*` is a family.
    #[param(nullable = false, inline)]
    action: Option<Actions>,
    /// Not these actions: `session.*`, for example.
    #[param(nullable = false, inline)]
    exclude_action: Option<Actions>,
    /// Characters of notes or description, anywhere in it, without regard to case. No index finds
    /// them: where few of the entries have them, all are looked through.
    #[param(nullable = false)]
    q: Option<String>,
    /// Whom the log names as the author.
    #[param(nullable = false)]
    created_by: Option<UserId>,
    /// Who really caused it.
    #[param(nullable = false)]
    entered_by: Option<UserId>,
    /// How it came about.
    #[param(nullable = false)]
    source: Option<Source>,
    /// What kind of thing it was done to.
    #[param(nullable = false)]
    target_type: Option<TargetType>,
    /// What it was done to; needs `target_type`.
    #[param(nullable = false)]
    target_id: Option<AnyId>,
    /// Not earlier than this.
    #[param(nullable = false)]
    occurred_after: Option<Timestamp>,
    /// Earlier than this.
    #[param(nullable = false)]
    occurred_before: Option<Timestamp>,
    /// What explains this entry, or follows from it.
    #[param(nullable = false)]
    relates_to: Option<EntryId>,
}

impl ActivityParams {
    /// As the store reads it.
    ///
    /// # Errors
    /// `invalid_parameter` where `target_id` stands without `target_type`.
    pub fn filter(self) -> Result<EntryFilter> {
        if self.target_id.is_some() && self.target_type.is_none() {
            let text = "target_id needs target_type beside it.";
            return Err(Error::invalid_parameter("target_id", "incomplete", text));
        }
        Ok(EntryFilter {
            actions: self.actions(),
            q: self.q.filter(|q| !q.is_empty()),
            created_by: self.created_by,
            entered_by: self.entered_by,
            source: self.source,
            target_type: self.target_type,
            target_id: self.target_id,
            occurred_after: self.occurred_after,
            occurred_before: self.occurred_before,
            relates_to: self.relates_to,
        })
    }

    /// The actions that type, action and exclude_action leave; none where all are left.
    fn actions(&self) -> Option<Vec<Action>> {
        let lets = |action: &Action| {
            self.r#type.is_none_or(|it| it == action.entry_type())
                && self.action.as_ref().is_none_or(|it| it.0.contains(action))
                && !self.exclude_action.as_ref().is_some_and(|it| it.0.contains(action))
        };
        let left: Vec<Action> = Action::ALL.iter().copied().filter(lets).collect();
        (left.len() < Action::ALL.len()).then_some(left)
    }
}

/// A comma-separated list of actions and families.
#[derive(Debug)]
struct Actions(Vec<Action>);

impl FromStr for Actions {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let mut actions = Vec::new();
        for word in text.split(',') {
            match word.strip_suffix(".*") {
                Some(family) => {
                    let before = actions.len();
                    let of_family = |it: &&Action| it.family() == family && it.as_str() != family;
                    actions.extend(Action::ALL.iter().filter(of_family));
                    if actions.len() == before {
                        return Err(UnknownWord { known: Action::WORDS });
                    }
                }
                None => actions.push(word.parse()?),
            }
        }
        Ok(Self(actions))
    }
}

impl PartialSchema for Actions {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern())).into()
    }
}

impl ToSchema for Actions {}

/// What the text of such a list looks like, as a regular expression.
fn pattern() -> String {
    let mut families: Vec<(&str, Vec<&str>)> = Vec::new();
    for action in Action::ALL {
        let (family, word) = action.as_str().split_once('.').unwrap_or((action.as_str(), ""));
        match families.iter_mut().find(|(name, _)| *name == family) {
            Some((_, words)) => words.push(word),
            None => families.push((family, vec![word])),
        }
    }
    let families = families.iter().map(|(family, words)| match words.as_slice() {
        [""] => (*family).to_owned(),
        words => format!(r"{family}\.({}|\*)", words.join("|")),
    });
    let one = families.collect::<Vec<_>>().join("|");
    format!("^({one})(,({one}))*$")
}

impl<'de> Deserialize<'de> for Actions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
