//! For any processor. The compiler makes SIMD instructions of these loops where it can.

use std::{array, ops::BitOr};

/// Sixteen bytes, or for each of them whether something is true: 1 or 0.
#[derive(Clone, Copy)]
pub(super) struct Lanes([u8; 16]);

impl Lanes {
    #[inline]
    pub(super) fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    #[inline]
    pub(super) fn equal(self, byte: u8) -> Self {
        Self(self.0.map(|own| u8::from(own == byte)))
    }

    #[inline]
    pub(super) fn at_most(self, byte: u8) -> Self {
        Self(self.0.map(|own| u8::from(own <= byte)))
    }

    #[inline]
    pub(super) fn mask(self) -> u64 {
        // The product has each of the eight bits in its highest byte, and nothing is carried into another.
        let of =
            |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080).to_be_bytes()[0];
        let (halves, _) = self.0.as_chunks::<8>();
        u16::from_le_bytes(array::from_fn(|half| of(&halves[half]))).into()
    }
}

impl BitOr for Lanes {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(array::from_fn(|index| self.0[index] | other.0[index]))
    }
}
