//! Random numbers that can be repeated.

use std::{
    env,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// Random numbers from a seed, by splitmix64.
#[derive(Debug)]
pub struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    /// Uses the seed in `LONGHAUL_TEST_SEED`, or a random one.
    pub fn new() -> Self {
        let seed = env::var("LONGHAUL_TEST_SEED").ok();
        let parsed = |seed: String| seed.parse().expect("LONGHAUL_TEST_SEED is a number");
        let seed = seed.map_or_else(|| RandomState::new().hash_one(0), parsed);
        Self::from_seed(seed)
    }

    /// Uses this seed.
    pub fn from_seed(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// One of these values.
    pub fn one_of<T: Clone>(&mut self, values: &[T]) -> T {
        values[usize::try_from(self.below(values.len() as u64)).unwrap_or_default()].clone()
    }

    /// Whether a number below `limit` is 0.
    pub fn one_in(&mut self, limit: u64) -> bool {
        self.below(limit) == 0
    }

    /// The seed, to repeat the numbers.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }

    /// When to kill a run that has `left` pages left, each of which takes `latency`: after the returned number of pages, and
    /// after the returned time since then.
    pub fn kill_time(&mut self, left: u64, latency: Duration) -> (u64, Duration) {
        // A run does much at its start and at its end, although both are short.
        let pages = match self.below(6) {
            0 => 0,
            1 | 2 => left,
            _ => self.below(left + 1),
        };
        let longest = if pages == 0 { Duration::from_millis(60) } else { latency * 4 };
        let time = self.below(u64::try_from(longest.as_micros()).unwrap_or(u64::MAX));
        (pages, Duration::from_micros(time))
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::new()
    }
}

/// The minimum number of kills: `LONGHAUL_TEST_KILLS`, or 20.
pub fn min_kills() -> usize {
    let kills = env::var("LONGHAUL_TEST_KILLS").ok();
    kills.map_or(20, |kills| kills.parse().expect("LONGHAUL_TEST_KILLS is a number"))
}
