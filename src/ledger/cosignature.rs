//! Cosignatures (C2SP `tlog-cosignature`, version 1): what they sign, and what they consist of.

/// What a cosignature signs: when, in seconds since 1970, and the text of a checkpoint.
pub fn cosigned_message(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// The time of a cosignature, in seconds since 1970, and its Ed25519 signature. A cosignature of a
/// whole tree has a time, and it is at most 2^63 - 1.
pub fn split(cosignature: &[u8]) -> Option<(u64, &[u8])> {
    let (time, signature) = cosignature.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    (1..=i64::MAX.cast_unsigned()).contains(&time).then_some((time, signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosignature_has_a_time_in_the_bounds_of_the_format() {
        let with = |time: u64| [time.to_be_bytes().as_slice(), b"signature"].concat();
        for time in [1, 1_679_315_147, i64::MAX.cast_unsigned()] {
            assert_eq!(split(&with(time)), Some((time, b"signature".as_slice())));
        }
        for time in [0, i64::MAX.cast_unsigned() + 1, u64::MAX] {
            assert_eq!(split(&with(time)), None);
        }
        assert_eq!(split(b"seven .."), Some((0x7365_7665_6e20_2e2e, b"".as_slice())));
        assert_eq!(split(b"seven.."), None);
    }

    #[test]
    fn the_message_is_that_of_the_format() {
        // The example of C2SP `tlog-cosignature`.
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        let text = format!("example.com/behind-the-sofa\n20852163\n{root}\n");
        let message = format!("cosignature/v1\ntime 1679315147\n{text}");
        assert_eq!(cosigned_message(1_679_315_147, &text), message);
    }
}
