//! What characters are: which ones show nothing, belong to the one before them, or mean nothing.

use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};

/// Whether a character by itself shows nothing: white space, whatever is invisible, a selector of
/// variants.
pub fn shows_nothing(c: char) -> bool {
    let selector = matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    // U+2800 is a Braille sign without dots.
    c.is_whitespace() || selector || is_invisible(c) || c == '\u{2800}'
}

/// Controls (Cc), line and paragraph separators (Zl, Zp), format characters without a sign of their
/// own (Cf), fillers, and whatever else is ignorable by default. Variation selectors are not among
/// them: some spellings of Japanese names need them.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// ZERO WIDTH NON-JOINER and ZERO WIDTH JOINER, which Persian and the scripts of India need.
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Signs that belong to the letter before them (M).
pub fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(category(c))
}

/// Characters that Unicode gives no meaning: unassigned ones and noncharacters (Cn), and those for
/// private use (Co), which show something else in each font.
pub fn is_undefined(c: char) -> bool {
    matches!(category(c), GeneralCategory::Unassigned | GeneralCategory::PrivateUse)
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

#[cfg(test)]
mod tests {
    use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};

    use super::*;

    #[test]
    fn whatever_is_ignored_by_default_shows_nothing() {
        let ignored = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        let seen = ('\0'..=char::MAX).find(|c| ignored.contains(*c) && !shows_nothing(*c));
        assert_eq!(seen, None);
    }

    #[test]
    fn letters_and_signs_show_something_and_mean_something() {
        for c in ['a', 'Ж', '山', 'ا', '☕', '-', '=', '𝄞', '\u{301}', '\u{94d}', '\u{20dd}']
        {
            assert!(!shows_nothing(c) && !is_undefined(c), "{c:?}");
        }
        assert!(['\u{301}', '\u{94d}', '\u{20dd}', '\u{93e}'].into_iter().all(is_mark));
        assert!(['a', '山', ' ', '\u{200d}'].into_iter().all(|c| !is_mark(c)));
        let undefined = ['\u{ffff}', '\u{fdd0}', '\u{10ffff}', '\u{e000}', '\u{f0000}', '\u{378}'];
        assert!(undefined.into_iter().all(is_undefined));
    }
}
