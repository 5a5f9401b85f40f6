//! Looks at many bytes of text at once. A mask has a bit for each of them, the lowest one for the first.

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;

#[cfg(not(target_arch = "x86_64"))]
use self::portable::Lanes;
#[cfg(target_arch = "x86_64")]
use self::sse2::Lanes;

/// The number of bytes in a block.
pub(crate) const BLOCK: usize = 64;

/// What a text is padded with to a whole block.
const PADDING: u8 = 0;

/// The first bytes of `text`, with zeros after them if there are not enough.
#[inline]
pub(crate) fn block(text: &[u8]) -> [u8; BLOCK] {
    text.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [PADDING; BLOCK];
        padded[..text.len()].copy_from_slice(text);
        padded
    })
}

/// The bytes at which plain text in a JSON string ends: quotes, backslashes and control characters.
#[inline]
pub(crate) fn not_plain(block: &[u8; BLOCK]) -> u64 {
    mask(block, |lanes| lanes.equal(b'"') | lanes.equal(b'\\') | lanes.at_most(0x1f))
}

/// The bytes that are `byte`.
#[inline]
pub(crate) fn equal(block: &[u8; BLOCK], byte: u8) -> u64 {
    mask(block, |lanes| lanes.equal(byte))
}

/// The bytes that are a space or a control character. Outside strings, JSON has no others than white space (RFC 8259 §2).
#[inline]
pub(crate) fn spaces_and_controls(block: &[u8; BLOCK]) -> u64 {
    mask(block, |lanes| lanes.at_most(b' '))
}

/// The bytes that are not white space in JSON (RFC 8259 §2).
#[inline]
pub(crate) fn not_space(block: &[u8; BLOCK]) -> u64 {
    !mask(block, |lanes| lanes.equal(b' ') | lanes.equal(b'\n') | lanes.equal(b'\r') | lanes.equal(b'\t'))
}

#[inline]
fn mask(block: &[u8; BLOCK], of: impl Fn(Lanes) -> Lanes) -> u64 {
    let (quarters, _) = block.as_chunks::<16>();
    let masks = quarters.iter().enumerate();
    masks.fold(0, |mask, (index, bytes)| mask | of(Lanes::new(*bytes)).mask() << (16 * index))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each byte, at each place in a block.
    fn blocks() -> impl Iterator<Item = [u8; BLOCK]> {
        (0..=u8::MAX).flat_map(|first| {
            (0..BLOCK).map(move |at| std::array::from_fn(|index| if index == at { first } else { b'a' }))
        })
    }

    fn one_by_one(block: &[u8], is: impl Fn(u8) -> bool) -> u64 {
        block.iter().enumerate().fold(0, |mask, (index, byte)| mask | u64::from(is(*byte)) << index)
    }

    #[test]
    fn a_mask_has_the_bits_of_its_bytes() {
        for block in blocks() {
            let expected = one_by_one(&block, |byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            assert_eq!(not_plain(&block), expected, "{block:?}");
            assert_eq!(spaces_and_controls(&block), one_by_one(&block, |byte| byte <= b' '), "{block:?}");
            assert_eq!(
                not_space(&block),
                one_by_one(&block, |byte| !b" \t\r\n".contains(&byte)),
                "{block:?}"
            );
            assert_eq!(equal(&block, 0xe9), one_by_one(&block, |byte| byte == 0xe9), "{block:?}");
        }
    }

    #[test]
    fn all_processors_find_the_same() {
        for block in blocks() {
            let bytes = *block.first_chunk().unwrap();
            let (here, anywhere) = (Lanes::new(bytes), portable::Lanes::new(bytes));
            for byte in [0, b' ', b'"', b'a', 0x7f, 0x80, 0xff] {
                assert_eq!(here.equal(byte).mask(), anywhere.equal(byte).mask(), "{bytes:?} {byte}");
                assert_eq!(here.at_most(byte).mask(), anywhere.at_most(byte).mask(), "{bytes:?} {byte}");
            }
            let either = (here.equal(b'a') | here.equal(0)).mask();
            assert_eq!(either, (anywhere.equal(b'a') | anywhere.equal(0)).mask());
        }
    }

    #[test]
    fn a_short_text_is_padded() {
        for length in 0..=BLOCK {
            let text = vec![b'"'; length];
            assert_eq!(equal(&block(&text), b'"'), one_by_one(&text, |_| true));
        }
        assert_eq!(block(&[b'a'; 65]), [b'a'; BLOCK]);
    }
}
