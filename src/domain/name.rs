//! Which characters a name may have: everybody has to see what it is.

use super::characters::{is_invisible, is_joiner, is_mark, is_undefined, shows_nothing};

/// The most marks in a row: more than any script stacks on a letter.
const MARKS_MAX: usize = 8;

/// Why a text can't be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// It has no visible character.
    Blank,
    /// It has a character that is not seen, but changes what is seen; or one without a meaning.
    InvisibleCharacter,
    /// It has so many marks on one letter that they cover what is around it.
    TooManyMarks,
}

/// Checks a name: it has a visible character, and no control, bidirectional, invisible or undefined
/// character. A mark is no visible character: it needs one to stand on.
///
/// Persian and the scripts of India need the joiners U+200C and U+200D, so these are allowed between
/// letters.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let chars: Vec<char> = name.chars().collect();
    let mut marks = 0;
    for (at, c) in chars.iter().enumerate() {
        if is_joiner(*c) {
            let (before, after) = chars.split_at(at);
            let last = before.iter().rev().find(|c| c.is_alphabetic() || !is_mark(**c));
            let next = after.get(1);
            if ![last, next].iter().all(|it| it.is_some_and(|c| c.is_alphabetic())) {
                return Err(NameError::InvisibleCharacter);
            }
        } else if is_invisible(*c) || is_undefined(*c) {
            return Err(NameError::InvisibleCharacter);
        } else if is_mark(*c) {
            marks += 1;
        } else {
            marks = 0;
        }
        if marks > MARKS_MAX {
            return Err(NameError::TooManyMarks);
        }
    }
    let has_base = chars.iter().any(|c| !shows_nothing(*c) && !is_mark(*c));
    if has_base { Ok(()) } else { Err(NameError::Blank) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{NameError, check_name};

    #[test]
    fn names_of_many_scripts_are_names() {
        for name in [
            "Sam",
            "Zoë O’Neill",
            "山田太郎",
            "محمد",
            "علی\u{200c}رضا",
            "क\u{94d}\u{200d}ष",
            "שרה",
            "葛\u{e0100}城",
            "R2",
            "李",
            "Ђорђе",
            "Anne-Marie",
            "☕ crew",
            "-",
        ] {
            assert_eq!(check_name(name), Ok(()), "{name:?}");
        }
    }

    #[test]
    fn a_name_needs_a_visible_character() {
        for name in ["", " ", "\u{a0}\u{3000}", "\u{2800}", "\u{fe0f}", "\u{301}", " \u{93e}"] {
            assert_eq!(check_name(name), Err(NameError::Blank), "{name:?}");
        }
    }

    #[test]
    fn a_name_has_no_characters_that_nobody_sees() {
        for c in [
            '\0',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200e}',
            '\u{200f}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{2028}',
            '\u{3164}',
            '\u{feff}',
            '\u{e0041}',
            '\u{ffff}',
            '\u{fdd0}',
            '\u{e000}',
            '\u{10fffd}',
        ] {
            assert_eq!(
                check_name(&format!("Sam{c}uel")),
                Err(NameError::InvisibleCharacter),
                "{c:?}"
            );
            assert_eq!(check_name(&c.to_string()), Err(NameError::InvisibleCharacter), "{c:?}");
        }
    }

    #[test]
    fn a_letter_has_so_many_marks() {
        let marked = |number| format!("Z{}o", "\u{300}".repeat(number));
        assert_eq!(check_name(&marked(8)), Ok(()));
        assert_eq!(check_name(&marked(9)), Err(NameError::TooManyMarks));
        let joined = format!("क{}ष", "\u{94d}\u{200d}क\u{94d}".repeat(9));
        assert_eq!(check_name(&joined), Ok(()));
    }

    #[test]
    fn joiners_stand_between_letters_alone() {
        for name in
            ["\u{200d}Sam", "Sam\u{200c}", "S\u{200d}\u{200d}am", "Sam \u{200c}Li", "1\u{200d}2"]
        {
            assert_eq!(check_name(name), Err(NameError::InvisibleCharacter), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn letters_are_names_and_a_direction_mark_spoils_them(name in "\\p{L}{1,20}") {
            prop_assume!(check_name(&name).is_ok());
            let spoiled = name + "\u{202e}";
            prop_assert!(check_name(&spoiled).is_err());
        }
    }
}
