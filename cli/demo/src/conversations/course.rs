//! What happens in a conversation and when.

use crate::random::Random;

/// The course of a conversation. Durations are in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) media: Media,
    pub(super) direction: Direction,
    pub(super) start: i64,
    /// How long it spends in a flow before it enters a queue.
    pub(super) flow: i64,
    /// One for each queue it enters; at least one.
    pub(super) legs: Vec<Leg>,
    pub(super) ending: Ending,
}

/// The time in one queue and with the agent who answered there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    pub(super) queue: usize,
    pub(super) agent: usize,
    pub(super) waited: i64,
    pub(super) alerted: i64,
    pub(super) talked: i64,
    pub(super) held: i64,
    pub(super) wrapped: i64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Media {
    Callback,
    Chat,
    Email,
    Message,
    Voice,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Direction {
    Inbound,
    Outbound,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    /// The customer left while waiting.
    Abandoned,
    /// Everyone has left.
    Handled,
    /// The conversation is still going on.
    Open,
}

/// One in this many conversations waits longer than 32 bits of milliseconds can hold.
const LONG_WAIT_EVERY: usize = 97;
const LONG_WAIT: i64 = 5_167_909_208;

impl Course {
    /// The course of the `index`th conversation in an organization with this many users and queues.
    pub(super) fn new(seed: u64, index: usize, start: i64, (users, queues): (usize, usize)) -> Self {
        let mut random = Random::new(seed, "course", index);
        let waits_long = index % LONG_WAIT_EVERY == LONG_WAIT_EVERY / 2;
        let media = if waits_long { Media::Email } else { Media::any(&mut random) };
        let outbound = media == Media::Voice && random.chance(0.15);
        let direction = if outbound { Direction::Outbound } else { Direction::Inbound };
        let ending = match random.below(100) {
            _ if outbound || waits_long => Ending::Handled,
            0..2 => Ending::Open,
            2..10 => Ending::Abandoned,
            _ => Ending::Handled,
        };
        let transferred = !outbound && ending != Ending::Abandoned && random.chance(0.15);
        let leg = |random: &mut Random| Leg {
            queue: random.index(queues),
            agent: random.index(users),
            waited: random.between(800..=240_000),
            alerted: random.between(600..=9000),
            talked: random.between(15_000..=900_000),
            held: if media.is_voice() && random.chance(0.3) { random.between(3000..=120_000) } else { 0 },
            wrapped: random.between(1000..=60_000),
        };
        let mut legs: Vec<_> = (0..if transferred { 2 } else { 1 }).map(|_| leg(&mut random)).collect();
        if waits_long {
            legs[0].waited = LONG_WAIT;
        }
        let flow = random.between(500..=60_000);
        Self { media, direction, start, flow: if outbound { 0 } else { flow }, legs, ending }
    }

    /// When everything has ended; `None` if it has not. An agent who transferred the conversation
    /// may be the last to finish.
    pub(super) fn end(&self) -> Option<i64> {
        let mut at = self.start + self.flow;
        let mut end = at;
        for leg in &self.legs {
            let over = match self.ending {
                Ending::Abandoned => leg.waited,
                Ending::Handled => leg.handled() + leg.wrapped,
                Ending::Open => return None,
            };
            end = end.max(at + over);
            at += leg.handled();
        }
        Some(end)
    }
}

impl Leg {
    /// The time until the agent has finished with the customer.
    pub(super) fn handled(&self) -> i64 {
        self.waited + self.alerted + self.talked + self.held
    }
}

impl Media {
    fn any(random: &mut Random) -> Self {
        match random.below(100) {
            0..55 => Self::Voice,
            55..70 => Self::Message,
            70..82 => Self::Email,
            82..92 => Self::Chat,
            _ => Self::Callback,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Chat => "chat",
            Self::Email => "email",
            Self::Message => "message",
            Self::Voice => "voice",
        }
    }

    /// Whether people talk to each other.
    pub(super) fn is_voice(self) -> bool {
        matches!(self, Self::Callback | Self::Voice)
    }
}

impl Direction {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}
