//! Scans JSON text: validates every byte and stores nothing.
//!
//! It does what `serde_json` does with an ignored value, and also reports whether there is white space between the
//! tokens, so that one pass over a page is enough. `None` means that the text is not JSON; the caller gets the reason
//! from `serde_json`. Functions take and return a position instead of changing one, which keeps it in a register.

use std::ops::Range;

use super::ends::Ends;

/// A position in JSON text, between two tokens.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// What closes each of the arrays and objects around the innermost one. Recursion would overflow the stack on a deep value.
    open: Vec<u8>,
    ends: Ends,
}

/// The position of a value in the text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Span {
    pub(super) range: Range<usize>,
    pub(super) spacing: Spacing,
}

/// Whether there is white space between the tokens of a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spacing {
    None,
    Some,
}

/// In place of a closing bracket: outside all arrays and objects.
const NONE: u8 = 0;

impl<'a> Scan<'a> {
    /// Starts at the beginning of `text`.
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, open: Vec::new(), ends: Ends::default() }
    }

    /// The first byte of the next token, without passing it. `None` at the end of the text.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let (at, byte) = token(self.text, self.at, &mut self.ends)?;
        self.at = at;
        Some(byte)
    }

    /// The first byte of the next token. The scan continues after it.
    pub(super) fn take(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Whether only white space follows.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Where the scan is.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Moves to a position that the scan was at before.
    pub(super) fn go_to(&mut self, position: usize) {
        self.at = position;
    }

    /// Passes a string and returns it as written, with its quotes.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let from = self.peek().filter(|byte| *byte == b'"').map(|_| self.at)?;
        self.at = self.ends.of_string(self.text, from + 1)?;
        self.text.get(from..self.at)
    }

    /// Passes a value of any kind.
    pub(super) fn value(&mut self) -> Option<Span> {
        let (from, _) = token(self.text, self.at, &mut self.ends)?;
        self.open.clear();
        let (to, spacing) = after_value(self.text, from, &mut self.open, &mut self.ends)?;
        self.at = to;
        Some(Span { range: from..to, spacing })
    }
}

/// The end of the value that starts at `at`.
fn after_value(text: &[u8], mut at: usize, open: &mut Vec<u8>, ends: &mut Ends) -> Option<(usize, Spacing)> {
    let mut spacing = Spacing::None;
    let mut close = NONE;
    let mut byte = *text.get(at)?;
    loop {
        if close == b'}' {
            if byte != b'"' {
                return None;
            }
            (at, byte) = spaced_token(text, ends.of_string(text, at + 1)?, ends, &mut spacing)?;
            if byte != b':' {
                return None;
            }
            (at, byte) = spaced_token(text, at + 1, ends, &mut spacing)?;
        }
        match byte {
            b'"' => at = ends.of_string(text, at + 1)?,
            b'{' | b'[' => {
                open.push(close);
                // In ASCII, the closing bracket is two after the opening one.
                close = byte + 2;
                (at, byte) = spaced_token(text, at + 1, ends, &mut spacing)?;
                if byte != close {
                    continue;
                }
                at += 1;
                close = open.pop()?;
            }
            b't' => at = after_word(text, at, b"true")?,
            b'f' => at = after_word(text, at, b"false")?,
            b'n' => at = after_word(text, at, b"null")?,
            _ => at = after_number(text, at)?,
        }
        loop {
            if close == NONE {
                return Some((at, spacing));
            }
            (at, byte) = spaced_token(text, at, ends, &mut spacing)?;
            at += 1;
            if byte == b',' {
                (at, byte) = spaced_token(text, at, ends, &mut spacing)?;
                break;
            }
            if byte != close {
                return None;
            }
            close = open.pop()?;
        }
    }
}

/// The next token: its position and its first byte.
#[inline]
fn spaced_token(text: &[u8], at: usize, ends: &mut Ends, spacing: &mut Spacing) -> Option<(usize, u8)> {
    let byte = *text.get(at)?;
    if byte > b' ' {
        return Some((at, byte));
    }
    *spacing = Spacing::Some;
    token(text, at, ends)
}

/// The next token, after any white space. It is not inlined, because most pages have none between tokens.
#[inline(never)]
fn token(text: &[u8], at: usize, ends: &mut Ends) -> Option<(usize, u8)> {
    let at = ends.of_space(text, at)?;
    Some((at, *text.get(at)?))
}

fn after_word(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    text.get(at..)?.starts_with(word).then_some(at + word.len())
}

fn after_number(text: &[u8], mut at: usize) -> Option<usize> {
    let is = |at: usize, bytes: &[u8]| text.get(at).is_some_and(|byte| bytes.contains(byte));
    at += usize::from(is(at, b"-"));
    at = if is(at, b"0") { at + 1 } else { after_digits(text, at)? };
    if is(at, b".") {
        at = after_digits(text, at + 1)?;
    }
    if is(at, b"eE") {
        at = after_digits(text, at + 1 + usize::from(is(at + 1, b"+-")))?;
    }
    Some(at)
}

fn after_digits(text: &[u8], at: usize) -> Option<usize> {
    let digits = text.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then_some(at + digits)
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::{Scan, Spacing};

    /// Whether the whole text is one value, and how it is spaced.
    fn scanned(text: &[u8]) -> Option<Spacing> {
        let mut scan = Scan::new(text);
        let span = scan.value()?;
        scan.is_at_end().then_some(span.spacing)
    }

    const SAMPLES: [&str; 6] = [
        r#"{"a":[1,-0.5e+7,0,10E-2,{}],"b":{"c":[],"d":null},"":true,"e":[false,"x"]}"#,
        "[ 1 , { \"a\" : \"b c\" , \"d\" :\t[ ] } ,\r\n\"e\" ]",
        r#"["\"\\\/\b\f\n\r\t\u00e9\uD834","a longer text, of words: {and} [brackets]","é – 漢字 and 😀"]"#,
        "\"just text of more than eight bytes\"",
        "-12.75",
        " true ",
    ];

    /// `serde_json` decides what valid JSON is.
    #[test]
    fn it_accepts_exactly_what_serde_json_accepts() {
        let bytes = b"\"\\{}[]:,.-+0123456789eEu tfnxalrsu\n\t\x00\x1f\x7f";
        // White space before a sample moves it to other places in the blocks that are looked at.
        let samples = SAMPLES.iter().flat_map(|sample| [0, 41, 58].map(|spaces| " ".repeat(spaces) + sample));
        for sample in samples {
            for at in 0..=sample.len() {
                let (before, after) = sample.as_bytes().split_at(at);
                let rest = after.get(1..).unwrap_or_default();
                let cut = [before.to_vec(), [before, rest].concat()];
                let put = bytes
                    .iter()
                    .flat_map(|byte| [[before, &[*byte], rest].concat(), [before, &[*byte], after].concat()]);
                for text in cut.into_iter().chain(put) {
                    let Ok(text) = String::from_utf8(text) else { continue };
                    let valid = serde_json::from_str::<&RawValue>(&text).is_ok();
                    assert_eq!(scanned(text.as_bytes()).is_some(), valid, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn it_distinguishes_white_space_between_tokens_from_white_space_in_text() {
        for compact in ["[1,\"a b\"]", "{\"a b\":\"c\\\" d\"}", "\" \"", " [] ", "[{},[]]"] {
            assert_eq!(scanned(compact.as_bytes()), Some(Spacing::None), "{compact}");
        }
        for spaced in
            ["[ ]", "{ }", "[ 1]", "[1 ]", "[1 ,2]", "[1, 2]", "{ \"a\":1}", "{\"a\" :1}", "{\"a\":\n1}"]
        {
            assert_eq!(scanned(spaced.as_bytes()), Some(Spacing::Some), "{spaced}");
        }
    }

    #[test]
    fn white_space_of_any_kind_and_length_is_passed() {
        for length in 0..40 {
            for space in [" ", "\t", "\n", "\r", "\n  ", "  \r\n\t"] {
                let spaces = space.repeat(length);
                let mut text = format!("{spaces}[{spaces}1{spaces},{spaces}{{}}{spaces}]{spaces}");
                let expected = if length == 0 { Spacing::None } else { Spacing::Some };
                assert_eq!(scanned(text.as_bytes()), Some(expected), "{text:?}");
                text.push('\u{b}');
                assert_eq!(scanned(text.as_bytes()), None, "{text:?}");
            }
        }
    }

    #[test]
    fn an_escape_or_a_control_character_counts_wherever_blocks_begin() {
        let parts = [
            (r#"\""#, true),
            (r"\\", true),
            (r"\u00e9", true),
            (r#"\\\"\n"#, true),
            (r"\x", false),
            (r"\u00g9", false),
            ("\n", false),
            ("\u{1f}", false),
            ("\u{7f}", true),
        ];
        for length in 0..140 {
            for (part, is_valid) in parts {
                let text = format!("[\"{}{part}\",\"{part}\"]", "a".repeat(length));
                assert_eq!(scanned(text.as_bytes()), is_valid.then_some(Spacing::None), "{text}");
            }
        }
    }

    #[test]
    fn a_string_ends_where_it_ends_at_any_length() {
        for length in 0..40 {
            let text = format!("\"{}\"]", "é".repeat(length));
            let mut scan = Scan::new(text.as_bytes());
            assert_eq!(scan.string(), text.strip_suffix(']').map(str::as_bytes));
            assert_eq!(scan.take(), Some(b']'));
        }
    }
}
