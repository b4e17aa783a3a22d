//! Writes an entry as JSON, as `SystemEntry` and `ManualEntry` describe it in the document. serde_json
//! looks at each byte of a text for something to escape, which took a third of the time of a page:
//! nearly all texts of entries have nothing to escape.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{
    domain::{ids::Id, timestamp::Timestamp},
    journal::entry::{
        row::EntryRow,
        view::{ActorView, EntryView},
    },
};

/// A single entry of a response.
pub struct EntryJson(Box<RawValue>);

impl From<&EntryRow> for EntryJson {
    fn from(row: &EntryRow) -> Self {
        let mut json = Vec::with_capacity(ENTRY_BYTES);
        write_entry(&mut json, &row.view());
        let json = String::from_utf8(json).ok().and_then(|text| RawValue::from_string(text).ok());
        // `write_entry` writes JSON, so this is never null.
        Self(json.unwrap_or_else(|| RawValue::NULL.to_owned()))
    }
}

impl Serialize for EntryJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// The initial capacity for an entry: most need no more.
const ENTRY_BYTES: usize = 768;

/// Writes an entry.
pub fn write_entry(out: &mut Vec<u8>, entry: &EntryView<'_>) {
    out.extend_from_slice(b"{\"id\":");
    id(out, entry.id);
    out.extend_from_slice(b",\"user_id\":");
    id(out, entry.user_id);
    out.extend_from_slice(match entry.notes {
        Some(_) => b",\"type\":\"manual\",\"action\":".as_slice(),
        None => b",\"type\":\"system\",\"action\":",
    });
    text(out, entry.action);
    out.extend_from_slice(b",\"occurred_at\":");
    time(out, entry.occurred_at);
    out.extend_from_slice(b",\"recorded_at\":");
    time(out, entry.recorded_at);
    out.extend_from_slice(b",\"created_by\":");
    optional(out, entry.created_by, actor);
    out.extend_from_slice(b",\"entered_by\":");
    optional(out, entry.entered_by, actor);
    out.extend_from_slice(b",\"source\":");
    text(out, entry.source);
    out.extend_from_slice(b",\"relates_to\":");
    optional(out, entry.relates_to, id);
    match entry.notes {
        Some(notes) => {
            out.extend_from_slice(b",\"notes\":");
            text(out, notes);
            out.extend_from_slice(b",\"revision\":");
            out.extend_from_slice(entry.revision.unwrap_or(1).to_string().as_bytes());
            out.extend_from_slice(b",\"edited_at\":");
            optional(out, entry.edited_at, time);
            out.extend_from_slice(b",\"edited_by\":");
            optional(out, entry.edited_by, actor);
        }
        None => {
            out.extend_from_slice(b",\"description\":");
            text(out, entry.description.unwrap_or_default());
            out.extend_from_slice(b",\"target\":");
            optional(out, entry.target, |out, target| {
                out.extend_from_slice(b"{\"type\":");
                text(out, target.target_type);
                out.push(b',');
                id_and_name(out, target.id, target.name);
                out.push(b'}');
            });
            // The journal stored it as JSON.
            out.extend_from_slice(b",\"changes\":");
            out.extend_from_slice(entry.changes.unwrap_or("[]").as_bytes());
            out.extend_from_slice(b",\"external_id\":");
            optional(out, entry.external_id, text);
        }
    }
    out.push(b'}');
}

fn actor(out: &mut Vec<u8>, actor: ActorView<'_>) {
    out.push(b'{');
    id_and_name(out, actor.id, actor.name);
    out.extend_from_slice(b",\"kind\":");
    text(out, actor.kind);
    out.push(b'}');
}

fn id_and_name<K>(out: &mut Vec<u8>, id_of_it: Id<K>, name: &str) {
    out.extend_from_slice(b"\"id\":");
    id(out, id_of_it);
    out.extend_from_slice(b",\"name\":");
    text(out, name);
}

fn optional<T>(out: &mut Vec<u8>, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    match value {
        Some(value) => write(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

fn id<K>(out: &mut Vec<u8>, id: Id<K>) {
    let mut quoted = [b'"'; 38];
    if let Some(unquoted) = quoted.get_mut(1..37) {
        id.uuid().hyphenated().encode_lower(unquoted);
    }
    out.extend_from_slice(&quoted);
}

fn time(out: &mut Vec<u8>, time: Timestamp) {
    out.push(b'"');
    out.extend_from_slice(&time.text());
    out.push(b'"');
}

/// A string. The check has no early exit, so that the compiler vectorises it.
fn text(out: &mut Vec<u8>, text: &str) {
    let plain = text
        .bytes()
        .fold(true, |plain, byte| plain & (byte >= b' ') & (byte != b'"') & (byte != b'\\'));
    if plain {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::text;

    proptest! {
        #[test]
        fn a_text_is_written_as_serde_json_writes_it(value in any::<String>()) {
            let mut out = Vec::new();
            text(&mut out, &value);
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&value).unwrap());
        }

        #[test]
        fn a_text_with_characters_to_escape_is_too(value in "[ -~\\x00-\\x1f\"\\\\\u{7f}é\u{2028}]{0,40}") {
            let mut out = Vec::new();
            text(&mut out, &value);
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&value).unwrap());
        }
    }
}
