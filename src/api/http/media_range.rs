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
