//! Rows with what belongs to each, of a second query.

use std::collections::BTreeMap;

/// Each row with what belongs to it, of pairs of the key of a row and one of its things. Rows and
/// things stay in their order.
pub(super) fn with_related<R, K: Ord, V>(
    rows: Vec<R>,
    key: impl Fn(&R) -> K,
    pairs: Vec<(K, V)>,
) -> Vec<(R, Vec<V>)> {
    let mut related = grouped(pairs);
    let with = |row: R| {
        let things = related.remove(&key(&row)).unwrap_or_default();
        (row, things)
    };
    rows.into_iter().map(with).collect()
}

/// Pairs, as the list of what comes with each key.
pub(super) fn grouped<K: Ord, V>(pairs: Vec<(K, V)>) -> BTreeMap<K, Vec<V>> {
    let mut groups: BTreeMap<K, Vec<V>> = BTreeMap::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}
