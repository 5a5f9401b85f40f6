//! The shape of a random stream: what the API has, and where it goes.

use std::time::Duration;

use longhaul_core::window::Window;
use longhaul_tests::Random;

use super::sink::Sink;

/// What makes the partitions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Divided {
    /// There is only one listing.
    Not,
    Windows,
    Children,
}

/// The style of pagination.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    NextUrl,
    Cursor,
    Number,
    NumberAndCount,
    Offset,
}

/// Which records have a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Keys {
    /// None, or nobody knows.
    None,
    Most,
    All,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are drawn independently of each other")]
pub(super) struct Shape {
    /// The name of the stream.
    pub(super) stream: &'static str,
    pub(super) divided: Divided,
    /// How many records each partition has.
    pub(super) partitions: Vec<usize>,
    pub(super) page_size: usize,
    pub(super) style: Style,
    pub(super) has_jobs: bool,
    /// How many records of a window can be paged through.
    pub(super) depth: usize,
    /// Whether the API refuses the first page of a window with more records than that.
    pub(super) counts_first: bool,
    pub(super) keys: Keys,
    /// Whether records that have not changed since the last complete pull are dropped.
    pub(super) compares: bool,
    /// The partition whose records are long.
    pub(super) long: usize,
    /// The partitions and pages where a cursor expires, once in each run.
    pub(super) expires: Vec<(usize, usize)>,
    /// The partitions that are gone, which shows at this page.
    pub(super) gone: Vec<(usize, usize)>,
    pub(super) sinks: Vec<Sink>,
    pub(super) concurrency: usize,
    pub(super) has_spool: bool,
    /// The time between commits. Each request takes a second.
    pub(super) every: Duration,
    /// How often everything is pulled.
    pub(super) pulls: u64,
}

/// A record of the API.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) text: String,
    /// The parent, if there are parents.
    pub(super) parent: Option<String>,
}

/// The length of a window before it is halved, in seconds, and the shortest one.
pub(super) const WINDOW: i64 = 8 * HOUR;
pub(super) const HOUR: i64 = 3600;

/// The start of the first window.
const START: i64 = 1_767_225_600;

/// The most records of an hour, with one that comes again.
const MOST_IN_AN_HOUR: u64 = 4;

impl Shape {
    pub(super) fn new(random: &mut Random, stream: &'static str) -> Self {
        use Style::{Cursor, NextUrl, Number, NumberAndCount, Offset};
        let divided = random.one_of(&[Divided::Not, Divided::Windows, Divided::Windows, Divided::Children]);
        let count = match divided {
            Divided::Not => 1,
            Divided::Windows => 1 + random.below(6),
            Divided::Children if random.one_in(6) => 30 + random.below(20),
            Divided::Children => 1 + random.below(12),
        };
        let most = match divided {
            Divided::Not => 40,
            Divided::Windows => 24,
            Divided::Children if count > 12 => 4,
            Divided::Children => 9,
        };
        let partitions: Vec<_> = (0..count).map(|_| index(random.below(most + 1))).collect();
        let page_size = 1 + index(random.below(5));
        let mut places = |most: u64| -> Vec<_> {
            let mut place = |_| {
                let partition = index(random.below(count));
                let pages = partitions[partition].div_ceil(page_size).max(1);
                (partition, index(random.below(pages as u64)))
            };
            (0..most).map(&mut place).collect()
        };
        let (expires, gone) = (places(2), places(2));
        let is_halved = divided == Divided::Windows && random.one_in(2);
        let depth = if is_halved { index(MOST_IN_AN_HOUR + random.below(12)) } else { usize::MAX };
        let keys = random.one_of(&[Keys::None, Keys::None, Keys::Most, Keys::All]);
        let sinks: Vec<_> = (0..=random.below(2)).map(|_| Sink::new(random, divided)).collect();
        let compares = keys != Keys::None && sinks.iter().all(|sink| sink.is_appended) && random.one_in(2);
        let every = random.one_of(&[0, 0, 2, 5, 3600]);
        Self {
            stream,
            divided,
            page_size,
            style: random.one_of(&[NextUrl, Cursor, Number, NumberAndCount, Offset]),
            has_jobs: random.one_in(4),
            depth,
            counts_first: random.one_in(3),
            keys,
            compares,
            long: if random.one_in(4) { index(random.below(count)) } else { usize::MAX },
            expires: if random.one_in(2) { expires } else { Vec::new() },
            // Which half of a window would be gone depends on where it is halved.
            gone: if random.one_in(2) && divided != Divided::Not && !is_halved { gone } else { Vec::new() },
            sinks,
            concurrency: 1 + index(random.below(4)),
            has_spool: !random.one_in(4),
            every: Duration::from_secs(every),
            pulls: 1 + random.below(3),
            partitions,
        }
    }

    /// The shape of another stream that is like this one.
    pub(super) fn of(&self, stream: &'static str) -> Self {
        Self { stream, ..self.clone() }
    }

    /// The range of time of a partition.
    pub(super) fn window(partition: usize) -> Window {
        let start = START + WINDOW * i64::try_from(partition).unwrap_or_default();
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        Window { start: at(start), end: at(start + WINDOW) }
    }

    /// The partition that begins at this second.
    pub(super) fn begins_at(second: i64) -> Option<usize> {
        let since = second - START;
        (since % WINDOW == 0).then(|| usize::try_from(since / WINDOW).ok()).flatten()
    }

    /// The records of a partition as the API lists them in a pull, each with its time. If records have keys, one comes again.
    pub(super) fn listed(&self, pull: u64, partition: usize) -> Vec<(i64, Record)> {
        let count = self.partitions[partition];
        let start = Self::window(partition).start.as_second();
        let time = |number: usize| {
            let share = WINDOW * i64::try_from(number).unwrap_or_default();
            start + share / i64::try_from(count.max(1)).unwrap_or(1)
        };
        let mut records: Vec<_> =
            (0..count).map(|number| (time(number), self.record(pull, partition, number))).collect();
        if self.keys != Keys::None && self.page_size > 1 && count > self.page_size {
            records.push((time(count - 1), self.record(pull, partition, 0)));
        }
        records
    }

    /// The records that a pull must write, in order.
    pub(super) fn written(&self, pull: u64) -> Vec<Record> {
        let is_there = |partition: &usize| self.gone.iter().all(|(gone, _)| gone != partition);
        let of = |partition| (0..self.partitions[partition]).map(move |number| (partition, number));
        (0..self.partitions.len())
            .filter(is_there)
            .flat_map(of)
            .filter(|(_, number)| pull == 1 || !self.is_unchanged(*number))
            .map(|(partition, number)| self.record(pull, partition, number))
            .collect()
    }

    /// Whether a record is the same in all pulls.
    fn is_unchanged(&self, number: usize) -> bool {
        self.compares && self.has_key(number) && number.is_multiple_of(3)
    }

    fn has_key(&self, number: usize) -> bool {
        match self.keys {
            Keys::None => false,
            Keys::Most => number % 5 != 4,
            Keys::All => true,
        }
    }

    fn record(&self, pull: u64, partition: usize, number: usize) -> Record {
        let pull = if self.is_unchanged(number) { 1 } else { pull };
        let id = format!("{pull}-{partition:02}-{number:02}-{}", self.stream);
        let key = if self.has_key(number) { format!("\"{partition}/{number}\"") } else { "null".to_owned() };
        let length = if partition == self.long && number < 3 { 40_000 } else { 1 + number % 7 };
        let text = format!(r#"{{"id":"{id}","key":{key},"n":"{}"}}"#, "x".repeat(length));
        let parent = (self.divided == Divided::Children).then(|| child(partition));
        Record { id, text, parent }
    }
}

/// The id of a child.
pub(super) fn child(partition: usize) -> String {
    format!("{partition:02}")
}

pub(super) fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
