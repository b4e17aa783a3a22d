//! Which characters a name may have: everybody has to see what it is.

/// Why a text can't be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// It has no visible character.
    Blank,
    /// It has a character that is not seen, but changes what is seen.
    InvisibleCharacter,
}

/// Checks a name: it has a visible character, and no control, bidirectional or invisible character.
///
/// Persian and the scripts of India need the joiners U+200C and U+200D, so these are allowed between
/// letters.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let chars: Vec<char> = name.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        if is_joiner(*c) {
            let (before, after) = chars.split_at(at);
            let last = before.iter().rev().find(|c| !is_mark(**c));
            let next = after.get(1);
            if ![last, next].iter().all(|it| it.is_some_and(|c| c.is_alphabetic())) {
                return Err(NameError::InvisibleCharacter);
            }
        } else if is_invisible(*c) {
            return Err(NameError::InvisibleCharacter);
        }
    }
    if chars.iter().any(|c| is_visible(*c)) { Ok(()) } else { Err(NameError::Blank) }
}

/// ZERO WIDTH NON-JOINER and ZERO WIDTH JOINER.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Signs that belong to the letter before them, in the scripts that use joiners.
fn is_mark(c: char) -> bool {
    !c.is_alphabetic()
        && !c.is_numeric()
        && matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}' | '\u{1a20}'..='\u{1cff}' | '\u{a800}'..='\u{abff}'
            | '\u{11000}'..='\u{11fff}')
}

/// Controls (Cc), line and paragraph separators (Zl, Zp), format characters without a sign of their
/// own (Cf), fillers, and whatever else is ignorable by default. Variation selectors are not among
/// them: some spellings of Japanese names need them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// Whether a character by itself shows something.
fn is_visible(c: char) -> bool {
    let selector = matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    // U+2800 is a Braille sign without dots.
    !(c.is_whitespace() || selector || is_joiner(c) || is_invisible(c) || c == '\u{2800}')
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
        for name in ["", " ", "\u{a0}\u{3000}", "\u{2800}", "\u{fe0f}"] {
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
