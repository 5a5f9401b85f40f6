//! What users were doing and when: their presence and routing status.

use serde::Serialize;

use crate::{
    details_jobs::{Asked, Details},
    directory,
    interval::stamp,
    json,
    presence::SystemPresence,
    random::Random,
    settings::{IntervalMatching, Settings},
};

const MINUTE: i64 = 60 * 1000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The statuses of all users. Each user has one record, whatever the interval.
#[derive(Clone, Debug)]
pub(crate) struct UserStatuses {
    seed: u64,
    users: usize,
    start: i64,
    days: u16,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserDetail {
    user_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    primary_presence: Vec<PresenceRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routing_status: Vec<RoutingStatusRecord>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PresenceRecord {
    start_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
    system_presence: String,
    organization_presence_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoutingStatusRecord {
    start_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
    routing_status: &'static str,
}

/// One status of a user, from `start` to `end`; without an `end`, it is current.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Stretch<T> {
    what: T,
    start: i64,
    end: Option<i64>,
}

impl Details for UserStatuses {
    const RECORDS: &'static str = "userDetails";

    fn find(&self, asked: Asked) -> Vec<usize> {
        (0..self.users).filter(|user| !self.detail(*user, asked).is_empty()).collect()
    }

    fn record(&self, asked: Asked, index: usize) -> String {
        json::text(&self.detail(index, asked))
    }
}

impl UserStatuses {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            seed: settings.seed,
            users: settings.users,
            start: settings.start.as_millisecond(),
            days: settings.days,
        }
    }

    fn detail(&self, user: usize, asked: Asked) -> UserDetail {
        let presences = self.presences(user);
        let statuses = self.statuses(user, &presences);
        let presence = |stretch: Stretch<SystemPresence>| PresenceRecord {
            start_time: stamp(stretch.start),
            end_time: stretch.end.map(stamp),
            system_presence: stretch.what.analytics_name(),
            organization_presence_id: stretch.what.id(self.seed),
        };
        let status = |stretch: Stretch<&'static str>| RoutingStatusRecord {
            start_time: stamp(stretch.start),
            end_time: stretch.end.map(stamp),
            routing_status: stretch.what,
        };
        UserDetail {
            user_id: directory::id(self.seed, "user", user),
            primary_presence: presences.into_iter().filter(|s| s.matches(asked)).map(presence).collect(),
            routing_status: statuses.into_iter().filter(|s| s.matches(asked)).map(status).collect(),
        }
    }

    /// A user's presences since the first login.
    fn presences(&self, user: usize) -> Vec<Stretch<SystemPresence>> {
        let days = (0..self.days).flat_map(|day| self.working_day(user, day));
        stretches(days.collect())
    }

    /// A user's presence changes on one day. Some days are free.
    fn working_day(&self, user: usize, day: u16) -> Vec<(i64, SystemPresence)> {
        let mut random = Random::new(self.seed, "working day", user << u16::BITS | usize::from(day));
        if random.chance(0.2) {
            return Vec::new();
        }
        let midnight = self.start + i64::from(day) * DAY;
        let mut at = midnight + random.between(6 * HOUR..=10 * HOUR);
        let between = random.pick(&[SystemPresence::Meeting, SystemPresence::Training, SystemPresence::Away]);
        let plan = [
            (SystemPresence::Available, 2 * MINUTE..=15 * MINUTE),
            (SystemPresence::OnQueue, 2 * HOUR..=3 * HOUR),
            (SystemPresence::Meal, 25 * MINUTE..=60 * MINUTE),
            (SystemPresence::OnQueue, HOUR..=2 * HOUR),
            (between, 5 * MINUTE..=60 * MINUTE),
            (SystemPresence::OnQueue, HOUR..=2 * HOUR),
            (SystemPresence::Offline, 0..=0),
        ];
        let mut turn = |(what, length)| {
            let turned = (at, what);
            at += random.between(length);
            turned
        };
        plan.into_iter().map(&mut turn).collect()
    }

    /// The routing statuses that match a user's presences.
    fn statuses(&self, user: usize, presences: &[Stretch<SystemPresence>]) -> Vec<Stretch<&'static str>> {
        let mut random = Random::new(self.seed, "routing", user);
        let mut changes = Vec::new();
        for Stretch { what, start, end } in presences {
            if *what != SystemPresence::OnQueue {
                changes.push((*start, "OFF_QUEUE"));
                continue;
            }
            let (mut at, end) = (*start, end.unwrap_or(*start));
            while at < end {
                changes.push((at, "IDLE"));
                at += random.between(MINUTE..=15 * MINUTE);
                if at < end {
                    changes.push((at, "INTERACTING"));
                }
                at += random.between(2 * MINUTE..=25 * MINUTE);
            }
        }
        changes.dedup_by_key(|(_, status)| *status);
        stretches(changes)
    }
}

impl UserDetail {
    fn is_empty(&self) -> bool {
        self.primary_presence.is_empty() && self.routing_status.is_empty()
    }
}

impl<T> Stretch<T> {
    fn matches(&self, asked: Asked) -> bool {
        let Asked { interval, matching, .. } = asked;
        let has_started = self.start < interval.end;
        match matching {
            IntervalMatching::Exact => has_started && self.start >= interval.start,
            IntervalMatching::UtcDays => has_started && self.end.is_none_or(|end| end > interval.start),
        }
    }
}

/// The periods between the `changes`. The last one has no end.
fn stretches<T: Copy>(changes: Vec<(i64, T)>) -> Vec<Stretch<T>> {
    let ends: Vec<_> = changes.iter().skip(1).map(|(at, _)| Some(*at)).chain([None]).collect();
    let stretch = |((start, what), end)| Stretch { what, start, end };
    changes.into_iter().zip(ends).map(stretch).collect()
}

#[cfg(test)]
mod tests {
    use super::{Settings, UserStatuses};

    #[test]
    fn statuses_follow_one_another_without_a_gap() {
        let users = UserStatuses::new(&Settings::default());
        for user in 0..20 {
            let presences = users.presences(user);
            let statuses = users.statuses(user, &presences);
            assert!(presences.windows(2).all(|pair| pair[0].end == Some(pair[1].start)));
            assert!(statuses.windows(2).all(|pair| pair[0].end == Some(pair[1].start)));
            assert!(statuses.windows(2).all(|pair| pair[0].start < pair[1].start));
            assert_eq!(presences[0].start, statuses[0].start);
            assert_eq!(presences.last().map(|last| last.end), Some(None));
        }
    }
}
