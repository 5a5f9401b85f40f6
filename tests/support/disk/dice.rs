//! Decisions that come from a seed.

/// What is thrown: nothing of the first, everything of the second, of others anything.
#[derive(Debug)]
pub(super) enum Dice {
    Nothing,
    Everything,
    Thrown(u64),
}

/// What becomes of something that was not synced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    Lost,
    Kept,
    /// Only this share of it was kept, in 255ths, and the rest is lost, or zeros, or whatever was there before.
    Cut(usize, Rest),
}

/// What stands in place of bytes that were lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rest {
    Lost,
    Filled(u8),
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        match seed {
            0 => Self::Nothing,
            1 => Self::Everything,
            seed => Self::Thrown(seed),
        }
    }

    /// Whether something happened that is whole or not at all.
    pub(super) fn happened(&mut self) -> bool {
        self.throw(2) == 1
    }

    /// What became of bytes.
    pub(super) fn fate(&mut self) -> Fate {
        match self.throw(6) {
            0 => Fate::Lost,
            5 => Fate::Kept,
            1 | 2 => Fate::Cut(self.throw(255), Rest::Lost),
            3 => Fate::Cut(self.throw(255), Rest::Filled(0)),
            _ => Fate::Cut(self.throw(255), Rest::Filled(b'\n')),
        }
    }

    /// A number below `sides`, by splitmix64.
    fn throw(&mut self, sides: u8) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Everything => usize::from(sides) - 1,
            Self::Thrown(state) => {
                *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                usize::try_from((mixed ^ (mixed >> 31)) % u64::from(sides)).unwrap_or_default()
            }
        }
    }
}
