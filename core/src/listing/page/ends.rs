//! Finds where strings and white space end.

use crate::json::lanes::{BLOCK, block, not_plain, not_space};

/// Finds where the strings and the white space of a text end. It remembers the blocks that it looked at, because several
/// short strings are in the same one.
#[derive(Debug, Default)]
pub(super) struct Ends {
    not_plain: Seen,
    not_space: Seen,
}

/// Which bytes of a block are of a kind.
#[derive(Debug, Default)]
struct Seen {
    mask: u64,
    start: usize,
    /// Zero as long as no block was looked at.
    length: usize,
}

impl Ends {
    /// The end of the string whose content starts at `at`, if that is valid.
    #[inline]
    pub(super) fn of_string(&mut self, text: &[u8], mut at: usize) -> Option<usize> {
        loop {
            at = self.not_plain.next(text, at, not_plain)?;
            match text.get(at)? {
                b'"' => return Some(at + 1),
                b'\\' => at = after_escape(text, at)?,
                _ => return None,
            }
        }
    }

    /// The first byte at `at` or after it that is not white space.
    #[inline]
    pub(super) fn of_space(&mut self, text: &[u8], at: usize) -> Option<usize> {
        self.not_space.next(text, at, not_space)
    }
}

impl Seen {
    /// The first byte of the kind at `at` or after it. It may be the end of the text. `mask` finds the kind in a block.
    #[inline]
    fn next(
        &mut self,
        text: &[u8],
        mut at: usize,
        mask: impl Fn(&[u8; BLOCK]) -> u64 + Copy,
    ) -> Option<usize> {
        loop {
            let offset = at.wrapping_sub(self.start);
            if offset >= self.length {
                self.look(text, at, mask)?;
                continue;
            }
            match self.mask >> offset {
                0 => at = self.start + BLOCK,
                mask => return Some(at + mask.trailing_zeros() as usize),
            }
        }
    }

    /// Looks at the block at `at`. It is not inlined, so that the loop above, which runs for every token, needs few registers.
    #[inline(never)]
    fn look(&mut self, text: &[u8], at: usize, mask: impl Fn(&[u8; BLOCK]) -> u64) -> Option<()> {
        *self = Self { mask: mask(&block(text.get(at..)?)), start: at, length: BLOCK };
        Some(())
    }
}

/// Not inlined, because most strings have no escapes.
#[inline(never)]
fn after_escape(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
        b'u' => text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit).then_some(at + 6),
        _ => None,
    }
}
