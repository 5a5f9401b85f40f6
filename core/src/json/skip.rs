//! Finds the ends of values that nobody reads.

use super::string::after_string;

/// The number of bytes that are looked at together.
const CHUNK: usize = 16;

/// The index after the value that starts at `at`. `None` if there is none, or if it does not end. In an object or array
/// only the brackets are checked, not the text between them.
#[inline]
pub(super) fn after_value(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => after_string(bytes, at + 1),
        b'{' | b'[' => after_container(bytes, at),
        _ => after_scalar(bytes, at),
    }
}

fn after_container(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        let (run, is_in_string) = level_run(bytes.get(at..)?);
        at += run;
        let end = at + CHUNK;
        if is_in_string {
            at = after_string(bytes, at)?;
        }
        while at < end {
            let byte = *bytes.get(at)?;
            at += 1;
            match byte {
                b'"' => at = after_string(bytes, at)?,
                // Most bytes between strings are commas, colons and digits.
                byte if byte < b'[' => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 1 => return Some(at),
                b'}' | b']' => depth -= 1,
                _ => {}
            }
        }
    }
}

/// The length of the chunks at the start of `bytes` that have neither brackets nor backslashes, and whether they end
/// inside a string: then they have an odd number of quotes. The compiler makes SIMD instructions of this, with which a
/// chunk takes about as long as a single byte otherwise.
#[inline]
fn level_run(bytes: &[u8]) -> (usize, bool) {
    let (chunks, _) = bytes.as_chunks::<CHUNK>();
    let (mut run, mut quotes) = (0, [0; CHUNK]);
    for chunk in chunks {
        // In ASCII, the brackets are beside the backslash and `|`, so a single comparison finds all of them.
        let special = |byte: u8| u8::from(matches!(byte | 0x20, b'{'..=b'}'));
        if chunk.iter().fold(0, |any, byte| any | special(*byte)) != 0 {
            break;
        }
        for (quotes, byte) in quotes.iter_mut().zip(chunk) {
            *quotes ^= u8::from(*byte == b'"');
        }
        run += CHUNK;
    }
    (run, quotes.iter().fold(0, |all, quotes| all ^ quotes) == 1)
}

fn after_scalar(bytes: &[u8], at: usize) -> Option<usize> {
    let belongs = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    let length = bytes.get(at..)?.iter().take_while(belongs).count();
    (length > 0).then_some(at + length)
}

#[cfg(test)]
mod tests {
    use super::after_value;
    use crate::json::string::string_end;

    /// The index after the array or object at the start of `bytes`, found byte by byte.
    fn after_container(bytes: &[u8]) -> Option<usize> {
        let (mut at, mut depth) = (0, 0);
        loop {
            let byte = *bytes.get(at)?;
            at += 1;
            match byte {
                b'"' => at = string_end(bytes, at)?.0,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(at);
            }
        }
    }

    /// Numbers that look random, and are the same every time.
    fn numbers() -> impl Iterator<Item = usize> {
        let next = |last: &u64| Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        std::iter::successors(Some(1), next).map(|number| usize::try_from(number >> 40).unwrap())
    }

    #[test]
    fn the_end_is_the_same_as_byte_by_byte_wherever_chunks_begin() {
        const PIECES: [&str; 16] = [
            "[",
            "]",
            "{",
            "}",
            "\"",
            "\"",
            "\"",
            "\\",
            "\\\"",
            ",",
            ":",
            "|",
            "12345678",
            "é",
            "plain text",
            "text as long as a chunk or two, so that some have nothing to look at",
        ];
        let (mut numbers, mut ends) = (numbers(), 0);
        for _ in 0..20_000 {
            let pieces = numbers.next().unwrap() % 60;
            let text = numbers
                .by_ref()
                .take(pieces)
                .fold("[".to_owned(), |text, number| text + PIECES[number % PIECES.len()]);
            let expected = after_container(text.as_bytes());
            assert_eq!(after_value(text.as_bytes(), 0), expected, "{text}");
            ends += usize::from(expected.is_some());
        }
        assert!((2_000..18_000).contains(&ends), "{ends}");
    }

    #[test]
    fn a_value_that_is_cut_off_does_not_end() {
        let text = r#"{"a":["text with } and \" of more than sixteen bytes","\\",{}],"b":{"c":[[1.5e3,true]]},"":"é"}"#;
        for start in 0..20 {
            let text = " ".repeat(start) + text;
            assert_eq!(after_value(text.as_bytes(), start), Some(text.len()));
            for length in 0..text.len() {
                assert_eq!(after_value(&text.as_bytes()[..length], start), None, "{start} {length}");
            }
        }
    }
}
