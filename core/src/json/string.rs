//! JSON strings: finds their ends, and decodes them.

use std::borrow::Cow;

/// How a string is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Spelling {
    /// Without escapes.
    Plain,
    /// With escapes.
    Escaped,
}

/// The index after the closing quote of the string whose content starts at `at`, and how the string is written. `None`
/// if it does not end.
pub(crate) fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, Spelling)> {
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

/// Decodes the JSON string `json`, which includes its quotes. Any other value is returned as it is written.
///
/// Text cannot contain an unpaired surrogate, and RFC 8259 §8.2 does not define what to do with one. Its escape is kept
/// as it is written: `\ud800`.
#[inline]
pub fn text(json: &str) -> Cow<'_, str> {
    unescaped(json, |escape| format!("\\{escape}"))
}

/// Decodes a JSON string like [`text`], but replaces each unpaired surrogate with U+FFFD.
pub fn text_lossy(json: &str) -> Cow<'_, str> {
    unescaped(json, |_| '\u{FFFD}'.into())
}

/// Decodes `json`, after replacing the escape of each unpaired surrogate.
fn unescaped(json: &str, replacement: impl Fn(&str) -> String) -> Cow<'_, str> {
    let Some(inside) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Cow::Borrowed(json);
    };
    if !inside.contains('\\') {
        return Cow::Borrowed(inside);
    }
    let decoded = serde_json::from_str(json);
    let decoded = decoded.or_else(|_| serde_json::from_str(&without_surrogates(json, replacement)));
    Cow::Owned(decoded.unwrap_or_else(|_| json.to_owned()))
}

/// `json` with the escape of each unpaired surrogate replaced.
fn without_surrogates(json: &str, replacement: impl Fn(&str) -> String) -> String {
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

/// The number of bytes before the first quote or backslash, found eight bytes at a time. Most strings of a record are
/// short, so calling `memchr` for each would take longer than everything else.
fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xFF;
    const HIGH: u64 = ONES * 0x80;
    let (eights, rest) = bytes.as_chunks::<8>();
    for (index, eight) in eights.iter().enumerate() {
        let eight = u64::from_le_bytes(*eight);
        // The lowest bit that is set is in the first byte that is zero.
        let zeros = |eight: u64| eight.wrapping_sub(ONES) & !eight & HIGH;
        let found = zeros(eight ^ (ONES * u64::from(b'"'))) | zeros(eight ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    bytes.len() - rest.len() + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\')).count()
}

/// The UTF-16 code unit of the `\u` escape at the start of `text`, if there is one.
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
    fn an_unpaired_surrogate_stays_as_it_is_written() {
        assert_eq!(text(r#""\ud800""#), r"\ud800");
        assert_eq!(
            text(r#""a\uD800b\udc00\udc00\ud7ff\ue000\ud800\ud83d\ude00\\\n\ud83d""#),
            format!(r"a\uD800b\udc00\udc00{}{}\ud800😀\{}\ud83d", '\u{D7FF}', '\u{E000}', '\n')
        );
        // An escaped backslash does not start another escape.
        assert_eq!(text(r#""\\ud800\udc00""#), r"\ud800\udc00");
    }

    #[test]
    fn an_unpaired_surrogate_may_be_replaced() {
        assert_eq!(
            text_lossy(r#""a\uD800b\udc00\udc00\ud83d\ude00\ud800\ud83d\ude00""#),
            "a\u{FFFD}b\u{FFFD}\u{FFFD}😀\u{FFFD}😀"
        );
        assert_eq!(text_lossy(r#""\\ud800\n""#), "\\ud800\n");
    }

    #[test]
    fn other_values_stay_as_they_are_written() {
        for json in ["1.10", "null", "[]", r#"{"a":"\u00e9"}"#] {
            assert_eq!((&*text(json), &*text_lossy(json)), (json, json));
        }
    }
}
