//! Draws that can be repeated.

use std::{
    env,
    hash::{BuildHasher, RandomState},
};

/// Draws that can be repeated from their seed, by splitmix64.
#[derive(Debug)]
pub(super) struct Luck {
    pub(super) seed: u64,
    state: u64,
}

impl Luck {
    /// From the seed that `LONGHAUL_TEST_SEED` says, else from one that is new each time.
    pub(super) fn new() -> Self {
        let seed = env::var("LONGHAUL_TEST_SEED").ok();
        let seed = seed.map_or_else(|| RandomState::new().hash_one(0), |seed| seed.parse().unwrap());
        Self { seed, state: seed }
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }
}
