//! The tokens of a Rust source, as far as guards need them.

/// Names, `::`, and single characters of punctuation. Comments and literals are left out, except
/// for strings that are a path: attributes name functions so. Each is with its position in the text.
pub fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let at = text.len() - rest.len();
        let mut is_token = !c.is_whitespace();
        let length = if let Some(length) = comment(rest) {
            is_token = false;
            length
        } else if let Some(length) = literal(rest) {
            is_token = false;
            let inner = rest[..length].trim_matches('"');
            if ["crate::", "super::", "self::"].iter().any(|it| inner.starts_with(it))
                && inner.chars().all(|c| is_name_part(c) || c == ':')
            {
                found.extend(tokens(inner).into_iter().map(|(offset, it)| (at + 1 + offset, it)));
            }
            length
        } else if is_name_part(c) {
            rest.find(|c| !is_name_part(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            c.len_utf8()
        };
        if is_token {
            found.push((at, &rest[..length]));
        }
        rest = &rest[length..];
    }
    found
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The length of the comment that a text begins with.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    rest.starts_with("/*").then(|| rest.find("*/").map_or(rest.len(), |end| end + 2))
}

/// The length of the string or character that a text begins with.
fn literal(rest: &str) -> Option<usize> {
    let plain = rest.strip_prefix(['b', 'c']).unwrap_or(rest);
    let prefix = rest.len() - plain.len();
    if let Some(raw) = plain.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let body = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = body.find(&end).map_or(body.len(), |at| at + end.len());
        return Some(prefix + 1 + hashes + 1 + length);
    }
    let quote = plain.chars().next().filter(|it| ['"', '\''].contains(it))?;
    let body = &plain[1..];
    if quote == '\'' && !body.starts_with('\\') {
        // Else it is a lifetime.
        let c = body.chars().next()?;
        return body[c.len_utf8()..].starts_with('\'').then_some(prefix + 2 + c.len_utf8());
    }
    let mut escaped = false;
    let end = body.find(|c| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    Some(prefix + 1 + end.map_or(body.len(), |end| end + 1))
}
