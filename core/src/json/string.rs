//! JSON strings: finds their ends, and decodes them.

use std::borrow::Cow;

/// How a string is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spelling {
    /// Without escapes.
    Plain,
    /// With escapes.
    Escaped,
}

/// The index after the closing quote of the string whose content starts at `at`, and how the string is written. `None`
/// if it does not end.
///
/// It looks at eight bytes at a time. Most strings of a record are short, so calling `memchr` for each would take longer
/// than everything else.
#[inline]
pub(super) fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, Spelling)> {
    let mut spelling = Spelling::Plain;
    loop {
        if let Some(eight) = bytes.get(at..)?.first_chunk() {
            let eight = u64::from_le_bytes(*eight);
            let found = (zeros(eight ^ each(b'"')) | zeros(eight ^ each(b'\\'))) & each(0x80);
            if found == 0 {
                at += 8;
                continue;
            }
            at += found.trailing_zeros() as usize / 8;
        }
        match bytes.get(at)? {
            b'"' => return Some((at + 1, spelling)),
            b'\\' => {
                spelling = Spelling::Escaped;
                at += 2;
            }
            _ => at += 1,
        }
    }
}

/// The same index, found with fewer instructions because only quotes are looked for.
#[inline]
pub(super) fn after_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        if let Some(eight) = bytes.get(at..)?.first_chunk() {
            let found = zeros(u64::from_le_bytes(*eight) ^ each(b'"')) & each(0x80);
            if found == 0 {
                at += 8;
                continue;
            }
            at += found.trailing_zeros() as usize / 8;
        }
        at += 1;
        if *bytes.get(at - 1)? == b'"' && !is_escaped(bytes, at - 1) {
            return Some(at);
        }
    }
}

/// Whether an odd number of backslashes is before the quote at `at`.
#[inline]
fn is_escaped(bytes: &[u8], at: usize) -> bool {
    let has_backslash = at.checked_sub(1).is_some_and(|before| bytes[before] == b'\\');
    has_backslash && backslashes(&bytes[..at]) % 2 == 1
}

#[cold]
fn backslashes(before: &[u8]) -> usize {
    before.iter().rev().take_while(|byte| **byte == b'\\').count()
}

/// Eight times `byte`.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of each byte that is zero, up to the first one. Other bits mean nothing.
const fn zeros(eight: u64) -> u64 {
    eight.wrapping_sub(each(1)) & !eight
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

/// The UTF-16 code unit of the `\u` escape at the start of `text`, if there is one.
fn unit(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{Spelling, after_string, string_end, text, text_lossy};

    #[test]
    fn the_end_of_a_string_is_found_at_any_offset() {
        for length in 0..40 {
            for (inside, spelling) in [
                ("x", Spelling::Plain),
                ("é", Spelling::Plain),
                ("\\\"", Spelling::Escaped),
                ("\\\\", Spelling::Escaped),
                ("\\\\\\\"", Spelling::Escaped),
            ] {
                for after in 0..3 {
                    let content = format!("{}{inside}{}", "a".repeat(length), "\u{80}".repeat(after));
                    let end = content.len() + 1;
                    for rest in ["", ":\"\"", "\\"] {
                        let string = format!("{content}\"{rest}");
                        assert_eq!(string_end(string.as_bytes(), 0), Some((end, spelling)), "{string}");
                        assert_eq!(after_string(string.as_bytes(), 0), Some(end), "{string}");
                    }
                    assert_eq!(string_end(content.as_bytes(), 0), None, "{content}");
                    assert_eq!(after_string(content.as_bytes(), 0), None, "{content}");
                }
            }
        }
    }

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
