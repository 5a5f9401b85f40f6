//! Decides from a seed what a power cut leaves.

/// Which unsynced changes survive: none for seed 0, all for seed 1, random ones for other seeds.
#[derive(Debug)]
pub(super) enum Losses {
    All,
    None,
    Random(u64),
}

/// What happens to a change that was not synced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    Lost,
    Kept,
    /// Only this share is kept, in 255ths.
    Cut(usize, Rest),
}

/// What is found in place of the lost rest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rest {
    Lost,
    Filled(u8),
}

impl Losses {
    pub(super) fn new(seed: u64) -> Self {
        match seed {
            0 => Self::All,
            1 => Self::None,
            seed => Self::Random(seed),
        }
    }

    /// Whether an atomic change survives.
    pub(super) fn survives(&mut self) -> bool {
        self.below(2) == 1
    }

    /// What happens to written bytes.
    pub(super) fn fate(&mut self) -> Fate {
        match self.below(6) {
            0 => Fate::Lost,
            5 => Fate::Kept,
            1 | 2 => Fate::Cut(self.below(255), Rest::Lost),
            3 => Fate::Cut(self.below(255), Rest::Filled(0)),
            _ => Fate::Cut(self.below(255), Rest::Filled(b'\n')),
        }
    }

    /// A number below `bound`, by splitmix64.
    fn below(&mut self, bound: u8) -> usize {
        match self {
            Self::All => 0,
            Self::None => usize::from(bound) - 1,
            Self::Random(state) => {
                *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                usize::try_from((mixed ^ (mixed >> 31)) % u64::from(bound)).unwrap_or_default()
            }
        }
    }
}
