//! Generated conversations. Each is a pure function of the seed and its index, and is generated on demand.

mod course;
mod parties;
mod quirks;
mod shape;

use std::ops::Range;

use self::{course::Course, shape::Conversation};
use crate::{
    details_jobs::{Asked, Details},
    directory,
    interval::{Interval, stamp},
    json::{self, Literal},
    random::Random,
    settings::{IntervalMatching, Settings},
};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// All conversations, ordered by start time.
#[derive(Clone, Debug)]
pub(crate) struct Conversations {
    seed: u64,
    records: usize,
    users: usize,
    queues: usize,
    start: i64,
    days: u16,
}

impl Details for Conversations {
    const RECORDS: &'static str = "conversations";

    fn find(&self, asked: Asked) -> Vec<usize> {
        let Asked { interval, matching, from_start_of_day } = asked;
        match matching {
            IntervalMatching::Exact => self.started(interval, matching).collect(),
            IntervalMatching::UtcDays => {
                let earliest = if from_start_of_day { interval.days().start } else { i64::MIN };
                self.active(interval).filter(|at| self.start(*at) >= earliest).collect()
            }
        }
    }

    fn record(&self, _: Asked, index: usize) -> String {
        self.json_with_attributes(index)
    }
}

impl Conversations {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            seed: settings.seed,
            records: settings.records,
            users: settings.users,
            queues: settings.queues,
            start: settings.start.as_millisecond(),
            days: settings.days,
        }
    }

    /// A conversation as JSON text, as queries return it.
    pub(crate) fn json(&self, index: usize) -> String {
        json::text(&self.conversation(index))
    }

    /// A conversation as JSON text, as jobs return it.
    pub(crate) fn json_with_attributes(&self, index: usize) -> String {
        let mut conversation = self.conversation(index);
        quirks::attribute(&mut conversation.participants, &mut Random::new(self.seed, "attributes", index));
        json::text(&conversation)
    }

    /// When a conversation starts.
    pub(crate) fn start(&self, index: usize) -> i64 {
        let slot = |index: usize| {
            let share = i128::from(self.span()) * index as i128 / self.records.max(1) as i128;
            self.start + i64::try_from(share).unwrap_or_default()
        };
        // Each conversation has a time slot of its own, which keeps the start times in order.
        Random::new(self.seed, "start", index).between(slot(index)..=(slot(index + 1) - 1).max(slot(index)))
    }

    /// When a conversation ended; `None` if it is still open.
    pub(crate) fn end(&self, index: usize) -> Option<i64> {
        self.course(index).end()
    }

    /// The time from which all data is available.
    pub(crate) fn available(&self) -> i64 {
        self.start + self.span()
    }

    /// The conversations that started in an interval, or on one of its UTC days.
    pub(crate) fn started(&self, interval: Interval, matching: IntervalMatching) -> Range<usize> {
        let interval = match matching {
            IntervalMatching::Exact => interval,
            IntervalMatching::UtcDays => interval.days(),
        };
        self.first_from(interval.start)..self.first_from(interval.end)
    }

    /// The conversations that were open at some time during an interval.
    pub(crate) fn active(&self, interval: Interval) -> impl Iterator<Item = usize> {
        let started = 0..self.first_from(interval.end);
        started.filter(move |index| self.end(*index).is_none_or(|end| end >= interval.start))
    }

    /// The first conversation that starts at or after `moment`.
    fn first_from(&self, moment: i64) -> usize {
        let mut known = 0..self.records;
        while !known.is_empty() {
            let middle = known.start + known.len() / 2;
            if self.start(middle) < moment { known.start = middle + 1 } else { known.end = middle }
        }
        known.start
    }

    fn span(&self) -> i64 {
        i64::from(self.days) * DAY
    }

    fn course(&self, index: usize) -> Course {
        Course::new(self.seed, index, self.start(index), (self.users, self.queues))
    }

    fn conversation(&self, index: usize) -> Conversation {
        let course = self.course(index);
        let mut random = Random::new(self.seed, "conversation", index);
        let is_voice = course.media.is_voice();
        Conversation {
            conversation_id: directory::id(self.seed, "conversation id", index),
            conversation_start: stamp(course.start),
            conversation_end: course.end().map(stamp),
            originating_direction: course.direction.name(),
            division_ids: vec![directory::id(self.seed, "division", 0)],
            media_stats_min_conversation_mos: is_voice.then(|| quirks::mos(&mut random)),
            media_stats_min_conversation_r_factor: is_voice
                .then(|| Literal(format!("{}.{:02}", random.between(60..=93), random.between(0..=99)))),
            external_tag: random.chance(0.05).then(|| format!("CRM-{:06}", random.below(1_000_000))),
            participants: parties::participants(self.seed, &course, &mut random),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::{Conversations, Interval, IntervalMatching, Settings};

    fn conversations(records: usize) -> Conversations {
        Conversations::new(&Settings { records, ..Settings::default() })
    }

    fn interval(text: &str) -> Interval {
        Interval::parse(text).unwrap()
    }

    #[test]
    fn they_start_in_order_and_within_the_days() {
        for records in [1, 7, 5000] {
            let all = conversations(records);
            let starts: Vec<_> = (0..records).map(|at| all.start(at)).collect();
            assert!(starts.is_sorted());
            assert!(all.start <= starts[0] && starts[records - 1] < all.available());
        }
    }

    #[test]
    fn an_interval_finds_those_that_started_on_its_days_or_exactly_in_it() {
        let all = conversations(7000);
        let text = "2026-01-02T06:00Z/2026-01-02T18:00Z";
        let day = all.started(interval(text), IntervalMatching::UtcDays);
        assert_eq!(day, 1000..2000);
        let exact = all.started(interval(text), IntervalMatching::Exact);
        assert_eq!(exact, 1250..1750);
        assert!(all.started(interval("2025-01-01/2025-12-31"), IntervalMatching::UtcDays).is_empty());
        assert_eq!(all.started(interval("2020-01-01/2030-01-01"), IntervalMatching::Exact), 0..7000);
    }

    #[test]
    fn the_living_are_those_that_overlap() {
        let all = conversations(700);
        let wanted = interval("2026-01-03/2026-01-04");
        let active: Vec<_> = all.active(wanted).collect();
        let overlaps =
            |at: &usize| all.start(*at) < wanted.end && all.end(*at).is_none_or(|end| end >= wanted.start);
        assert_eq!(active, (0..700).filter(overlaps).collect::<Vec<_>>());
        assert!(active.iter().any(|at| all.start(*at) < wanted.start));
    }

    #[test]
    fn the_text_is_the_same_each_time_and_another_for_each_index_and_seed() {
        let all = conversations(50);
        let other = Conversations::new(&Settings { seed: 2, records: 50, ..Settings::default() });
        let texts: HashSet<_> = (0..50).flat_map(|at| [all.json(at), other.json(at)]).collect();
        assert_eq!(texts.len(), 100);
        assert!((0..50).all(|at| texts.contains(&all.json(at))));
    }

    #[test]
    fn sizes_are_those_of_simple_conversations() {
        let all = conversations(1000);
        let sizes: Vec<_> = (0..1000).map(|at| all.json(at).len()).collect();
        let (smallest, largest) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
        assert!(*smallest > 1000 && *largest < 9000, "{smallest} to {largest}");
        let mean = sizes.iter().sum::<usize>() / sizes.len();
        assert!((2000..5000).contains(&mean), "{mean}");
    }

    /// Every value of the member `name`, at any depth.
    fn members<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v Value>) {
        match value {
            Value::Object(object) => object.iter().for_each(|(key, value)| {
                if key == name {
                    found.push(value);
                }
                members(value, name, found);
            }),
            Value::Array(elements) => elements.iter().for_each(|value| members(value, name, found)),
            _ => {}
        }
    }

    #[test]
    fn the_values_are_those_of_the_platform() {
        let all = conversations(1000);
        let records: Vec<Value> =
            (0..1000).map(|at| serde_json::from_str(&all.json_with_attributes(at)).unwrap()).collect();
        let values = |name: &str| {
            let mut found = Vec::new();
            for record in &records {
                members(record, name, &mut found);
            }
            found.into_iter().map(|value| value.as_str().unwrap_or_default()).collect::<HashSet<_>>()
        };
        let media = ["callback", "chat", "email", "message", "voice"];
        assert_eq!(values("mediaType"), HashSet::from(media));
        let purposes = ["acd", "agent", "botflow", "customer", "ivr", "workflow"];
        assert_eq!(values("purpose"), HashSet::from(purposes));
        assert_eq!(values("originatingDirection"), HashSet::from(["inbound", "outbound"]));
        assert_eq!(values("conversationId").len(), 1000);
        for stamp in ["conversationStart", "segmentStart", "emitDate"].map(values).iter().flatten() {
            assert!(stamp.len() == 24 && stamp.ends_with('Z'), "{stamp}");
        }
        assert!(records.iter().any(|record| record.get("conversationEnd").is_none()));
    }

    #[test]
    fn nothing_is_null_and_nothing_begins_before_its_conversation() {
        let all = conversations(300);
        for at in 0..300 {
            let text = all.json(at);
            assert!(!text.contains("null"), "{text}");
            let record: Value = serde_json::from_str(&text).unwrap();
            let mut moments = Vec::new();
            for name in ["segmentStart", "segmentEnd", "emitDate"] {
                members(&record, name, &mut moments);
            }
            let (start, end) = (record["conversationStart"].as_str(), record["conversationEnd"].as_str());
            for moment in moments {
                assert!(moment.as_str() >= start && (end.is_none() || moment.as_str() <= end), "{text}");
            }
        }
    }

    #[test]
    fn some_break_careless_tools() {
        let all = conversations(1000);
        let text: String = (0..1000).map(|at| all.json(at)).collect();
        for quirk in [
            "\"value\":5167909208",
            "Mos\":4.90,",
            "🚀",
            r"\ud83d\ude80",
            r"\u00e9",
            r#"\"call back, please\""#,
            r"\n",
            "\"=SUM(",
        ] {
            assert!(text.contains(quirk), "{quirk}");
        }
    }
}
