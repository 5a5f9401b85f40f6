//! JSON strings: where they end, and what they say.

use std::borrow::Cow;

/// How a string is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spelling {
    /// As it reads.
    Plain,
    /// With escapes.
    Escaped,
}

/// Just past the quote that ends the string whose content begins at `at`.
pub(super) fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, Spelling)> {
    let mut spelling = Spelling::Plain;
    loop {
        at += plain_run(bytes.get(at..)?);
        if *bytes.get(at)? == b'"' {
            return Some((at + 1, spelling));
        }
        spelling = Spelling::Escaped;
        at += 2;
    }
}

/// What the JSON string `json`, with its quotes, says; any other value as it is written.
///
/// RFC 8259 §8.2 leaves open what half of a surrogate pair is to be, and no text can hold one. Its escape stays as it
/// is written: `\ud800`.
#[inline]
pub fn text(json: &str) -> Cow<'_, str> {
    unescaped(json, |half| format!("\\{half}"))
}

/// What [`text`] says, but with U+FFFD in place of each half of a surrogate pair.
pub fn text_lossy(json: &str) -> Cow<'_, str> {
    unescaped(json, |_| '\u{FFFD}'.into())
}

/// What `json` says once the escape of each half of a surrogate pair is replaced.
fn unescaped(json: &str, replacement: impl Fn(&str) -> String) -> Cow<'_, str> {
    let Some(inside) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Cow::Borrowed(json);
    };
    if !inside.contains('\\') {
        return Cow::Borrowed(inside);
    }
    let said = serde_json::from_str(json);
    let said = said.or_else(|_| serde_json::from_str(&without_halves(json, replacement)));
    Cow::Owned(said.unwrap_or_else(|_| json.to_owned()))
}

/// `json` where the escape of each surrogate without its partner is replaced.
fn without_halves(json: &str, replacement: impl Fn(&str) -> String) -> String {
    let (mut written, mut rest) = (String::with_capacity(json.len() + 1), json);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        written.push_str(before);
        let (length, is_half) = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => (12, false),
            (Some(0xD800..0xE000), _) => (6, true),
            (Some(_), _) => (6, false),
            (None, _) => (2, false),
        };
        let (escape, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        if is_half {
            written.push_str(&replacement(escape));
        } else {
            written.push_str(escape);
        }
        rest = after;
    }
    written + rest
}

/// How many bytes come before a quote or backslash, looked at eight at a time. Most strings of a record are so short
/// that to call `memchr` for each would take longer than the rest of the work.
fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xFF;
    const HIGH: u64 = ONES * 0x80;
    let (eights, rest) = bytes.as_chunks::<8>();
    for (index, eight) in eights.iter().enumerate() {
        let eight = u64::from_le_bytes(*eight);
        // The lowest bit that stays is in the first byte that is zero.
        let zeros = |eight: u64| eight.wrapping_sub(ONES) & !eight & HIGH;
        let found = zeros(eight ^ (ONES * u64::from(b'"'))) | zeros(eight ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    bytes.len() - rest.len() + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\')).count()
}

/// The UTF-16 unit of the escape that `text` begins with, if it is one.
fn unit(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{text, text_lossy};

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

    #[test]
    fn half_a_pair_may_be_replaced() {
        assert_eq!(
            text_lossy(r#""a\uD800b\udc00\udc00\ud83d\ude00\ud800\ud83d\ude00""#),
            "a\u{FFFD}b\u{FFFD}\u{FFFD}😀\u{FFFD}😀"
        );
        assert_eq!(text_lossy(r#""\\ud800\n""#), "\\ud800\n");
    }

    #[test]
    fn what_is_no_string_is_as_it_is_written() {
        for json in ["1.10", "null", "[]", r#"{"a":"\u00e9"}"#] {
            assert_eq!((&*text(json), &*text_lossy(json)), (json, json));
        }
    }
}
