//! The instructions of SSE2, which every x86-64 processor has.

use std::ops::BitOr;

use safe_arch::{cmp_eq_mask_i8_m128i, m128i, min_u8_m128i, move_mask_i8_m128i, set_splat_i8_m128i};

/// Sixteen bytes, or for each of them whether something is true: then all of its bits are set.
#[derive(Clone, Copy)]
pub(super) struct Lanes(m128i);

impl Lanes {
    #[inline]
    pub(super) fn new(bytes: [u8; 16]) -> Self {
        Self(m128i::from(bytes))
    }

    #[inline]
    pub(super) fn equal(self, byte: u8) -> Self {
        Self(cmp_eq_mask_i8_m128i(self.0, splat(byte)))
    }

    #[inline]
    pub(super) fn at_most(self, byte: u8) -> Self {
        Self(cmp_eq_mask_i8_m128i(self.0, min_u8_m128i(self.0, splat(byte))))
    }

    #[inline]
    pub(super) fn mask(self) -> u64 {
        move_mask_i8_m128i(self.0).cast_unsigned().into()
    }
}

impl BitOr for Lanes {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[inline]
fn splat(byte: u8) -> m128i {
    set_splat_i8_m128i(byte.cast_signed())
}
