//! What happened when, in slices of equal length.

use std::time::Duration;

/// What happened when. The memory it takes does not grow: when the slices are used up, two become one.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    /// The length of a slice.
    width: Duration,
    slices: Vec<Slice>,
}

/// What happened in a slice of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Slice {
    /// The pages that were written.
    pub(super) pages: u64,
    /// Their records.
    pub(super) records: u64,
    /// The faults that the run recovered from.
    pub(super) faults: u64,
    /// The tokens that were issued.
    pub(super) tokens: u64,
    /// How long requests were held back, by the API or by a limit.
    pub(super) held: Duration,
    /// How long requests waited after a fault.
    pub(super) backing_off: Duration,
    /// The least that was left of a rate limit.
    pub(super) left: Option<u64>,
}

/// How many slices there are at most.
const MOST: usize = 160;

/// The length of a slice at the start.
const SHORTEST: Duration = Duration::from_millis(100);

impl Default for Timeline {
    fn default() -> Self {
        Self { width: SHORTEST, slices: Vec::new() }
    }
}

impl Timeline {
    /// The slice at `time`, counted from the start of the run.
    pub(super) fn at(&mut self, time: Duration) -> &mut Slice {
        while self.index(time) >= MOST {
            self.halve();
        }
        let index = self.index(time);
        if index >= self.slices.len() {
            self.slices.resize(index + 1, Slice::default());
        }
        &mut self.slices[index]
    }

    /// Adds the time from `start` on to every slice that it is in. `add` adds its part to one.
    pub(super) fn span(&mut self, start: Duration, length: Duration, add: impl Fn(&mut Slice, Duration)) {
        let end = start.saturating_add(length);
        self.at(end);
        let mut from = start;
        while from < end {
            let next = self.width * u32::try_from(self.index(from) + 1).unwrap_or(u32::MAX);
            let to = next.min(end);
            add(self.at(from), to.saturating_sub(from));
            from = to;
        }
    }

    /// The slices until `end`, and the length of each.
    pub(super) fn until(&self, end: Duration) -> (&[Slice], Duration) {
        let used = self.slices.len().min(self.index(end) + 1);
        (&self.slices[..used], self.width)
    }

    fn index(&self, time: Duration) -> usize {
        usize::try_from(time.as_nanos() / self.width.as_nanos()).unwrap_or(usize::MAX)
    }

    fn halve(&mut self) {
        self.slices = self
            .slices
            .chunks(2)
            .map(|pair| pair.iter().copied().reduce(Slice::and).unwrap_or_default())
            .collect();
        self.width = self.width.saturating_mul(2);
    }
}

impl Slice {
    fn and(self, next: Self) -> Self {
        Self {
            pages: self.pages + next.pages,
            records: self.records + next.records,
            faults: self.faults + next.faults,
            tokens: self.tokens + next.tokens,
            held: self.held + next.held,
            backing_off: self.backing_off + next.backing_off,
            left: self.left.into_iter().chain(next.left).min(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(timeline: &Timeline) -> Vec<u64> {
        timeline.slices.iter().map(|slice| slice.records).collect()
    }

    #[test]
    fn two_slices_become_one_when_all_are_used() {
        let mut timeline = Timeline::default();
        timeline.at(Duration::ZERO).records = 1;
        timeline.at(SHORTEST).records = 2;
        timeline.at(SHORTEST * 3).left = Some(7);
        assert_eq!(records(&timeline), [1, 2, 0, 0]);
        timeline.at(SHORTEST * 160).records += 4;
        assert_eq!((timeline.width, timeline.slices.len()), (SHORTEST * 2, 81));
        assert_eq!(
            (timeline.slices[0].records, timeline.slices[1].left, timeline.slices[80].records),
            (3, Some(7), 4)
        );
        timeline.at(Duration::from_secs(365 * 24 * 3600)).pages = 1;
        assert!(timeline.slices.len() <= MOST);
        assert_eq!(records(&timeline).iter().sum::<u64>(), 7);
    }

    #[test]
    fn a_span_is_divided_among_its_slices_and_ends_with_the_run() {
        let mut timeline = Timeline::default();
        let millis = Duration::from_millis;
        timeline.span(millis(250), millis(200), |slice, part| slice.held += part);
        let held: Vec<_> = timeline.slices.iter().map(|slice| slice.held.as_millis()).collect();
        assert_eq!(held, [0, 0, 50, 100, 50]);
        let (slices, width) = timeline.until(millis(310));
        assert_eq!((slices.len(), width), (4, SHORTEST));
        assert_eq!(timeline.until(Duration::from_secs(9)).0.len(), 5);
    }
}
