//! Patches of rows.

/// Sets a field to its new value, if there is one. Returns whether that changes it.
pub(super) fn set<T: Clone + PartialEq>(field: &mut T, new: Option<&T>) -> bool {
    match new {
        Some(new) if new != field => {
            field.clone_from(new);
            true
        }
        _ => false,
    }
}
