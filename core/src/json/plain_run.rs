//! Finds the bytes that have a meaning in CSV or that a JSON string escapes.

/// The number of bytes before the first delimiter, quote, backslash or control character, such as a line end, found eight
/// bytes at a time. Most values of a table are short, so calling `memchr` for each would take longer than everything else.
#[inline]
pub fn plain_run(text: &[u8], delimiter: u8) -> usize {
    let (eights, rest) = text.as_chunks::<8>();
    for (index, eight) in eights.iter().enumerate() {
        let found = specials(u64::from_le_bytes(*eight), delimiter);
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let is_plain = |byte: &&u8| !matches!(**byte, 0..0x20 | b'"' | b'\\') && **byte != delimiter;
    text.len() - rest.len() + rest.iter().take_while(is_plain).count()
}

/// A word whose lowest bit that is set is in the first special byte of `eight`.
fn specials(eight: u64, delimiter: u8) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES * 0x80;
    // The highest bit of each byte that is less than `limit`, up to the first one.
    let less = |eight: u64, limit: u8| eight.wrapping_sub(ONES * u64::from(limit)) & !eight;
    // This makes a space of the quote, and of no other byte. Control characters stay below it.
    let quotes_and_controls = less(eight ^ (ONES * 2), b' ' + 1);
    let of = |byte: u8| less(eight ^ (ONES * u64::from(byte)), 1);
    (quotes_and_controls | of(b'\\') | of(delimiter)) & HIGH
}

#[cfg(test)]
mod tests {
    use super::plain_run;

    #[test]
    fn a_run_ends_before_the_first_special_byte() {
        for length in 0..40 {
            for special in [b';', b'"', b'\\', b'\n', b'\r', b'\t', 0, 0x1f] {
                for after in 0..20 {
                    let text = [vec![b','; length], vec![special], vec![special; after]].concat();
                    assert_eq!(plain_run(&text, b';'), length, "{special}");
                }
            }
            let text = vec![0xc3; length];
            assert_eq!(plain_run(&text, b','), length);
        }
    }
}
