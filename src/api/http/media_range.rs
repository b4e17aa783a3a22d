//! Media ranges, as `Accept` lists them (RFC 9110, section 12.5.1).

/// Whether the list `accept` takes at least one of the media types, which are in lower case.
///
/// A range with the weight 0 refuses what it names; other weights make no difference, because each
/// operation sends one media type.
pub fn accepts_any(accept: &str, media_types: &[String]) -> bool {
    accept.to_ascii_lowercase().split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let refused = parts.any(|it| it.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
        !refused && media_types.iter().any(|it| includes(range, it))
    })
}

/// Whether a media range includes a media type. An empty element of a list includes all.
fn includes(range: &str, media_type: &str) -> bool {
    match range.strip_suffix("/*") {
        Some("*") => true,
        Some(family) => media_type.split('/').next() == Some(family),
        None => range.is_empty() || range == media_type,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn accepts(accept: &str) -> bool {
        accepts_any(accept, &["application/json".to_owned(), "text/csv".to_owned()])
    }

    #[test]
    fn types_families_and_everything_are_ranges() {
        for accept in ["application/json", "text/*", "*/*", "text/html, */*;q=0.1", "TEXT/CSV"] {
            assert!(accepts(accept), "{accept}");
        }
        for accept in ["text/html", "image/*", "application/jso", "json", "*/json"] {
            assert!(!accepts(accept), "{accept}");
        }
    }

    #[test]
    fn the_weight_zero_refuses() {
        for accept in ["application/json;q=0", "text/*; q=0.000", "*/* ;q=0.0"] {
            assert!(!accepts(accept), "{accept}");
        }
        assert!(accepts("application/json;q=0, text/csv;q=0.5"));
        assert!(accepts("application/json;q=0.001"));
    }

    #[test]
    fn an_empty_list_and_an_empty_element_include_all() {
        for accept in ["", " ", "text/html,"] {
            assert!(accepts(accept), "{accept:?}");
        }
    }

    proptest! {
        #[test]
        fn any_list_with_the_media_type_is_accepted(
            before in prop::collection::vec("[a-z]{1,8}/[a-z*]{1,8}", 0..4),
            after in prop::collection::vec("[a-z]{1,8}/[a-z*]{1,8}", 0..4),
        ) {
            let list = [before, vec!["text/csv".to_owned()], after].concat();
            prop_assert!(accepts(&list.join(", ")));
        }
    }
}
