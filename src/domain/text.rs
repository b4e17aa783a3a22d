//! Case folding, digits, and enums of words.

use std::str::FromStr;

/// Folds case, to compare and to search: each character is upper-cased and then lower-cased,
/// without regard to its neighbours. So a part of a folded text is the folded part.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A number in the one decimal form that it has: no leading zeroes, no plus sign.
pub fn decimal<N: FromStr + ToString>(text: &str) -> Option<N> {
    text.parse().ok().filter(|number: &N| number.to_string() == text)
}

/// The error of a text that is no word of a vocabulary.
#[derive(Debug)]
pub struct UnknownWord {
    /// The words of the vocabulary.
    pub known: &'static [&'static str],
}

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "expected one of {}", self.known.join(", "))
    }
}

/// Declares an enum whose variants are words: the same in JSON, in queries, in the database and in
/// the OpenAPI document, which has their meanings.
macro_rules! words {
    (
        $(#[doc = $doc:literal])*
        pub enum $name:ident { $($(#[doc = $meaning:literal])* $variant:ident = $word:literal,)* }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub enum $name {
            $($(#[doc = $meaning])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All words of the vocabulary.
            pub const WORDS: &'static [&'static str] = &[$($word),*];
            /// All values, in the order of the words.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The meaning of the word, as a sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning,)*).trim_ascii(),)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::text::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err($crate::domain::text::UnknownWord { known: Self::WORDS }),
                }
            }
        }

        // A derived implementation also accepts an object with the word as its key.
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                let unknown = |_| serde::de::Error::unknown_variant(&text, Self::WORDS);
                text.parse().map_err(unknown)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let about = concat!($($doc, "\n",)* $("\n- `", $word, "`:", $($meaning,)*)*);
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .description(Some(about.trim()))
                    .enum_values(Some(Self::WORDS.iter().copied()))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold;

    /// All characters but the capital ß, which folds to ß, and ß to ss.
    fn characters() -> impl Iterator<Item = char> {
        ('\0'..=char::MAX).filter(|c| *c != '\u{1e9e}')
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for c in characters() {
            let folded = fold(&c.to_string());
            assert_eq!(fold(&folded), folded, "{c:?}");
        }
    }

    #[test]
    fn case_does_not_matter() {
        for c in characters() {
            let folded = fold(&c.to_string());
            assert_eq!(fold(&c.to_uppercase().to_string()), folded, "{c:?}");
            assert_eq!(fold(&c.to_lowercase().to_string()), folded, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn a_part_of_a_folded_text_is_the_folded_part(before: String, part: String, after: String) {
            let whole = fold(&format!("{before}{part}{after}"));
            prop_assert_eq!(whole, [fold(&before), fold(&part), fold(&after)].concat());
        }
    }

    #[test]
    fn letters_of_other_scripts() {
        assert_eq!(fold("Ünal ŞAHİN"), fold("ünal şahi\u{307}n"));
        assert_eq!(fold("STRASSE"), fold("straße"));
        assert_eq!(fold("ΣΊΣΥΦΟΣ"), fold("σίσυφος"));
    }
}
