//! The presences that the platform defines.

use crate::directory;

/// The platform's own presences. An organization's presences are variants of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SystemPresence {
    Available,
    Away,
    Break,
    Busy,
    Idle,
    Meal,
    Meeting,
    Offline,
    OnQueue,
    Training,
}

impl SystemPresence {
    /// All of them.
    pub(crate) const ALL: [Self; 10] = [
        Self::Available,
        Self::Away,
        Self::Break,
        Self::Busy,
        Self::Idle,
        Self::Meal,
        Self::Meeting,
        Self::Offline,
        Self::OnQueue,
        Self::Training,
    ];

    /// The spelling in presence definitions.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Available => "Available",
            Self::Away => "Away",
            Self::Break => "Break",
            Self::Busy => "Busy",
            Self::Idle => "Idle",
            Self::Meal => "Meal",
            Self::Meeting => "Meeting",
            Self::Offline => "Offline",
            Self::OnQueue => "OnQueue",
            Self::Training => "Training",
        }
    }

    /// The spelling for people, and in the older listing of definitions.
    pub(crate) fn label(self) -> &'static str {
        if self == Self::OnQueue { "On Queue" } else { self.name() }
    }

    /// The spelling in analytics.
    pub(crate) fn analytics_name(self) -> String {
        self.label().to_uppercase().replace(' ', "_")
    }

    /// The id of the organization's presence that is identical to this one.
    pub(crate) fn id(self, seed: u64) -> String {
        directory::id(seed, "presence", self as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::SystemPresence;

    #[test]
    fn a_presence_is_spelt_in_three_ways() {
        let on_queue = SystemPresence::OnQueue;
        let spelt = (on_queue.name(), on_queue.label(), on_queue.analytics_name());
        assert_eq!(spelt, ("OnQueue", "On Queue", "ON_QUEUE".to_owned()));
        assert!(SystemPresence::ALL.iter().enumerate().all(|(at, presence)| *presence as usize == at));
    }
}
