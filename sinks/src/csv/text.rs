//! What JSON strings say.

use std::borrow::Cow;

/// What the JSON string `json`, with its quotes, says.
///
/// RFC 8259 §8.2 leaves open what half of a surrogate pair is to be, and no text can hold one. Its escape stays as it
/// is written: `\ud800`.
pub(crate) fn text(json: &str) -> Cow<'_, str> {
    if !json.contains('\\') {
        return Cow::Borrowed(json.trim_matches('"'));
    }
    let said = serde_json::from_str(json).or_else(|_| serde_json::from_str(&with_halves_as_text(json)));
    Cow::Owned(said.unwrap_or_else(|_| json.to_owned()))
}

/// `json` where a backslash more makes plain text of the escape of each surrogate without its partner.
fn with_halves_as_text(json: &str) -> String {
    let (mut written, mut rest) = (String::with_capacity(json.len() + 1), json);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        written.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => 12,
            (Some(0xD800..0xE000), _) => {
                written.push('\\');
                6
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        let (escape, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        written.push_str(escape);
        rest = after;
    }
    written + rest
}

/// The UTF-16 unit of the escape that `text` begins with, if it is one.
fn unit(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(text(r#""plain""#), "plain");
        assert_eq!(text(r#""""#), "");
        assert_eq!(text(r#""\u00e9\/\\\"\ud83d\ude00é😀\u0000\n""#), "é/\\\"😀é😀\0\n");
    }

    #[test]
    fn half_a_pair_stays_as_it_is_written() {
        assert_eq!(text(r#""\ud800""#), r"\ud800");
        assert_eq!(
            text(r#""a\uD800b\udc00\udc00\ud7ff\ue000\ud800\ud83d\ude00\\\n\ud83d""#),
            format!(r"a\uD800b\udc00\udc00{}{}\ud800😀\{}\ud83d", '\u{D7FF}', '\u{E000}', '\n')
        );
        // A backslash that is escaped begins no escape.
        assert_eq!(text(r#""\\ud800\udc00""#), r"\ud800\udc00");
    }
}
