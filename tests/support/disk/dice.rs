//! Decisions from a seed.

/// What survives: nothing for seed 0, everything for seed 1, anything for other seeds.
#[derive(Debug)]
pub(super) enum Dice {
    Nothing,
    Everything,
    Thrown(u64),
}

/// What happens to a change that was not synced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    Lost,
    Kept,
    /// Only this part was kept, in 255ths. The rest is lost, zeros, or as before.
    Cut(usize, Rest),
}

/// What replaces lost bytes.
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

    /// Whether an atomic change happened.
    pub(super) fn happened(&mut self) -> bool {
        self.throw(2) == 1
    }

    /// What happened to bytes.
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
