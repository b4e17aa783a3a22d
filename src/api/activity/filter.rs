//! The filters of the log, as query parameters.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::{
    api::http::search_text::SearchText,
    domain::{
        entry::{Action, EntryType, Source, TargetType},
        ids::{AnyId, EntryId, UserId},
        text::UnknownWord,
        timestamp::Timestamp,
    },
    error::{Error, Result},
    store::log::filter::EntryFilter,
};

/// The filters of a log. An entry has to match all of them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActivityParams {
    /// Only system entries, or only manual ones.
    #[param(nullable = false, inline)]
    r#type: Option<EntryType>,
    /// Only these actions, comma-separated: `enrollment.completed`; `enrollment.*` is a family.
    #[param(nullable = false, inline)]
    action: Option<Actions>,
    /// Not these actions: `session.*`, for example.
    #[param(nullable = false, inline)]
    exclude_action: Option<Actions>,
    /// Text to find anywhere in notes or description, case-insensitive. No index helps: a text that few
    /// entries have takes a search through all of them.
    #[param(nullable = false, inline)]
    q: Option<SearchText>,
    /// Only entries that name this user as their author.
    #[param(nullable = false)]
    created_by: Option<UserId>,
    /// Only entries that this user really caused.
    #[param(nullable = false)]
    entered_by: Option<UserId>,
    /// Only entries that came about this way.
    #[param(nullable = false)]
    source: Option<Source>,
    /// Only entries about targets of this type.
    #[param(nullable = false)]
    target_type: Option<TargetType>,
    /// Only entries about this target; needs `target_type`.
    #[param(nullable = false)]
    target_id: Option<AnyId>,
    /// Only entries at or after this time.
    #[param(nullable = false)]
    occurred_after: Option<Timestamp>,
    /// Only entries before this time.
    #[param(nullable = false)]
    occurred_before: Option<Timestamp>,
    /// Only entries that explain this entry, or follow from it.
    #[param(nullable = false)]
    relates_to: Option<EntryId>,
}

impl ActivityParams {
    /// The filter of the store.
    ///
    /// # Errors
    /// `invalid_parameter` where `target_id` comes without `target_type`.
    pub fn filter(self) -> Result<EntryFilter> {
        if self.target_id.is_some() && self.target_type.is_none() {
            let text = "target_id needs target_type.";
            return Err(Error::invalid_parameter("target_id", "incomplete", text));
        }
        Ok(EntryFilter {
            actions: self.actions(),
            q: self.q.map(String::from).filter(|q| !q.is_empty()),
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

    /// The actions that match `type`, `action` and `exclude_action`; `None` where all do.
    fn actions(&self) -> Option<Vec<Action>> {
        let matches = |action: &Action| {
            self.r#type.is_none_or(|it| it == action.entry_type())
                && self.action.as_ref().is_none_or(|it| it.0.contains(action))
                && !self.exclude_action.as_ref().is_some_and(|it| it.0.contains(action))
        };
        let matching: Vec<Action> = Action::ALL.iter().copied().filter(matches).collect();
        (matching.len() < Action::ALL.len()).then_some(matching)
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

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    /// What a query says about actions.
    #[derive(Debug)]
    struct Query {
        r#type: Option<EntryType>,
        action: Option<String>,
        exclude_action: Option<String>,
    }

    impl Query {
        fn actions(&self) -> Option<Vec<Action>> {
            let parse = |text: &Option<String>| text.as_ref().map(|it| it.parse().unwrap());
            let params = ActivityParams {
                r#type: self.r#type,
                action: parse(&self.action),
                exclude_action: parse(&self.exclude_action),
                q: None,
                created_by: None,
                entered_by: None,
                source: None,
                target_type: None,
                target_id: None,
                occurred_after: None,
                occurred_before: None,
                relates_to: None,
            };
            params.filter().unwrap().actions
        }
    }

    /// One to four words: actions, and families that have more than their own name.
    fn any_words() -> impl Strategy<Value = String> {
        let family = |action: &Action| action.as_str() != action.family();
        let families = Action::ALL.iter().filter(|it| family(it));
        let words: Vec<String> = families
            .map(|action| format!("{}.*", action.family()))
            .chain(Action::ALL.iter().map(|action| action.as_str().to_owned()))
            .collect();
        prop::collection::vec(select(words), 1..5).prop_map(|words| words.join(","))
    }

    fn any_query() -> impl Strategy<Value = Query> {
        let entry_type = prop::option::of(select(vec![EntryType::System, EntryType::Manual]));
        let words = || prop::option::of(any_words());
        (entry_type, words(), words()).prop_map(|(entry_type, action, exclude_action)| Query {
            r#type: entry_type,
            action,
            exclude_action,
        })
    }

    /// Whether a list of words names an action, read word by word.
    fn names(words: &str, action: Action) -> bool {
        let is_named = |word: &str| match word.strip_suffix('*') {
            Some(prefix) => action.as_str().starts_with(prefix),
            None => word == action.as_str(),
        };
        words.split(',').any(is_named)
    }

    proptest! {
        #[test]
        fn an_action_is_let_through_if_all_parameters_match_it(query in any_query()) {
            let found = query.actions().unwrap_or_else(|| Action::ALL.to_vec());
            for action in Action::ALL.iter().copied() {
                let expected = query.r#type.is_none_or(|it| it == action.entry_type())
                    && query.action.as_ref().is_none_or(|words| names(words, action))
                    && !query.exclude_action.as_ref().is_some_and(|words| names(words, action));
                prop_assert_eq!(found.contains(&action), expected, "{}", action.as_str());
            }
        }

        #[test]
        fn the_order_of_the_words_makes_no_difference(words in any_words()) {
            let reversed: Vec<&str> = words.rsplit(',').collect();
            let reversed = reversed.join(",");
            let query = |words: String| Query { r#type: None, action: Some(words), exclude_action: None };
            prop_assert_eq!(query(words).actions(), query(reversed).actions());
        }
    }

    #[test]
    fn without_parameters_the_filter_is_empty() {
        let query = Query { r#type: None, action: None, exclude_action: None };
        assert_eq!(query.actions(), None);
    }

    #[test]
    fn an_unknown_word_or_family_is_refused() {
        for wrong in ["", "x", "x.*", "*", ".*", "note.*", "note,", "enrollment.", "NOTE"] {
            assert!(wrong.parse::<Actions>().is_err(), "{wrong:?}");
        }
    }
}
