//! What the service and its witness say to each other: `add-checkpoint` of C2SP `tlog-witness`.

use std::fmt::Write;

use super::{
    checkpoint::Checkpoint,
    hash::Hash,
    key::{Verifier, WrongNote, wrong},
    note::Note,
};
use crate::domain::text::decimal;

/// The media type of a size that a witness has seen.
const SIZE_TYPE: &str = "text/x.tlog.size";

/// What a witness replies to a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessReply {
    /// It has seen the checkpoint and everything before it. Its signature line, with the newline,
    /// which verifies.
    Cosigned(String),
    /// What it has seen last has another size than the request says: this one.
    Seen(u64),
    /// Any other status.
    Refused(u16),
}

/// The body of a request: the size that the witness has seen, the proof that the checkpoint's tree
/// grew out of it, and the signed checkpoint.
pub fn request(seen: u64, proof: &[Hash], checkpoint: &str) -> String {
    let mut body = format!("old {seen}\n");
    for hash in proof {
        // Writing to a string does not fail.
        let _ = writeln!(body, "{}", hash.to_base64());
    }
    body.push('\n');
    body.push_str(checkpoint);
    body
}

/// Reads the response to a request with this checkpoint, from the witness with this key.
///
/// # Errors
/// Where it is not one of the format, or the cosignature does not verify.
pub fn read_response(
    checkpoint: &Checkpoint,
    key: &Verifier,
    status: u16,
    media_type: Option<&str>,
    body: &[u8],
) -> Result<WitnessReply, WrongNote> {
    let text = || std::str::from_utf8(body).map_err(|_| wrong("the response is not a text"));
    match status {
        200 => cosignature_line(checkpoint, key, text()?).map(WitnessReply::Cosigned),
        409 if media_type == Some(SIZE_TYPE) => {
            let size = parse_size(text()?).ok_or_else(|| wrong("the response is not a size"))?;
            Ok(WitnessReply::Seen(size))
        }
        status => Ok(WitnessReply::Refused(status)),
    }
}

/// The line of the key among signature lines of a checkpoint. Lines of other keys are ignored.
fn cosignature_line(
    checkpoint: &Checkpoint,
    key: &Verifier,
    lines: &str,
) -> Result<String, WrongNote> {
    let text = checkpoint.text();
    let note = format!("{text}\n{lines}");
    let note = Note::parse(&note)?;
    // The last empty line ends the text: with one among the lines, they would sign another text.
    if note.text != text {
        return Err(wrong("a signature line is broken"));
    }
    note.line_of(key).map(|line| format!("{line}\n"))
}

/// A size in decimal, without leading zeroes.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.strip_suffix('\n').unwrap_or(text);
    decimal(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkpoint that a public log published on 2026-05-23, with the signatures of that log by
    /// two keys of one name, and of four witnesses.
    const PUBLISHED: &str = "arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
";

    const LOG: &str = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM\
                       +dJ472xgFYh15f";

    const WITNESS: &str = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";

    fn published() -> (Checkpoint, Verifier, &'static str) {
        let (text, lines) = PUBLISHED.split_once("\n\n").unwrap();
        (Checkpoint::parse(&format!("{text}\n")).unwrap(), WITNESS.parse().unwrap(), lines)
    }

    fn reply(status: u16, media_type: &str, body: &str) -> Result<WitnessReply, WrongNote> {
        let (checkpoint, key, _) = published();
        read_response(&checkpoint, &key, status, Some(media_type), body.as_bytes())
    }

    #[test]
    fn a_published_checkpoint_verifies_by_the_key_of_its_log_and_of_its_witness() {
        let (checkpoint, witness, _) = published();
        assert_eq!(Checkpoint::verified(PUBLISHED, &LOG.parse().unwrap()), Ok(checkpoint));
        let note = Note::parse(PUBLISHED).unwrap();
        assert!(witness.is_cosigner() && !LOG.parse::<Verifier>().unwrap().is_cosigner());
        assert_eq!(note.cosigned_at(&witness), Ok(1_779_573_024));
        assert!(note.cosigned_at(&LOG.parse().unwrap()).is_err());
        let other = PUBLISHED.replace("1432088532", "1432088531");
        assert!(Note::parse(&other).unwrap().cosigned_at(&witness).is_err());
    }

    #[test]
    fn the_line_of_the_key_is_taken_and_those_of_others_are_ignored() {
        let (_, _, lines) = published();
        let line = lines.lines().find(|it| it.contains("remora")).unwrap();
        let cosigned = Ok(WitnessReply::Cosigned(format!("{line}\n")));
        assert_eq!(reply(200, "text/plain", lines), cosigned);
        assert_eq!(reply(200, "text/plain", &format!("{line}\n")), cosigned);
    }

    #[test]
    fn what_is_no_cosignature_of_this_checkpoint_is_refused() {
        let (_, _, lines) = published();
        let line = lines.lines().find(|it| it.contains("remora")).unwrap();
        for body in [
            String::new(),
            "\n".to_owned(),
            line.to_owned(),
            format!("{line} \n"),
            format!("— {line}\n"),
            lines.lines().next().unwrap().to_owned() + "\n",
            format!("{}\n", line.replace("PlfF", "PlfG")),
            // Another time.
            format!("{}\n", line.replace("qEiEgPl", "qEiEhPl")),
            // A checkpoint of the witness's own.
            PUBLISHED.to_owned(),
            format!("other\n\n{line}\n"),
            // The same key twice, once wrong.
            format!("{line}\n{}\n", line.replace("PlfF", "PlfG")),
        ] {
            assert!(reply(200, "text/plain", &body).is_err(), "{body:?}");
        }
        let (checkpoint, key, _) = published();
        assert!(read_response(&checkpoint, &key, 200, None, b"\xff").is_err());
    }

    #[test]
    fn a_conflict_says_what_the_witness_has_seen() {
        for (text, size) in [("0\n", 0), ("20852014\n", 20_852_014), ("1", 1)] {
            assert_eq!(reply(409, SIZE_TYPE, text), Ok(WitnessReply::Seen(size)), "{text:?}");
        }
        for text in ["", "\n", "01\n", "+1\n", "-1\n", "1\n\n", " 1\n", "99999999999999999999\n"] {
            assert!(reply(409, SIZE_TYPE, text).is_err(), "{text:?}");
        }
        assert_eq!(reply(409, "text/plain", "1\n"), Ok(WitnessReply::Refused(409)));
        assert_eq!(reply(404, SIZE_TYPE, "1\n"), Ok(WitnessReply::Refused(404)));
    }

    #[test]
    fn a_request_has_the_size_the_proof_and_the_checkpoint() {
        assert_eq!(request(0, &[], "note\n"), "old 0\n\nnote\n");
        let root = "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=";
        let hash = Hash::from_base64(root).unwrap();
        let body = request(7, &[hash, hash], "note\n");
        assert_eq!(body, format!("old 7\n{root}\n{root}\n\nnote\n"));
    }
}
