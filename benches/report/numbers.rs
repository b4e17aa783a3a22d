//! Numbers as the table and the plots show them.

/// A number with its significant digits: `83,012`, `31.4`, `0.221`.
pub fn format_number(value: f64) -> String {
    if value.abs() < 10.0 {
        return format!("{value:.3}");
    }
    if value.abs() < 1_000.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A round number, with no more decimals than it has.
pub fn format_round(value: f64) -> String {
    if value >= 1_000.0 { format_number(value) } else { format!("{}", (value * 1e6).round() / 1e6) }
}

/// A count of entries: `1 M`, `20 k`.
pub fn short_count(entries: u64) -> String {
    match entries {
        1_000_000.. if entries.is_multiple_of(1_000_000) => format!("{} M", entries / 1_000_000),
        1_000.. if entries.is_multiple_of(1_000) => format!("{} k", entries / 1_000),
        _ => entries.to_string(),
    }
}
