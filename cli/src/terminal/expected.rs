//! How far a pull is, as far as its windows, its parents or a total tell.

use longhaul_core::{partition::PartitionId, window::Window};

/// What a pull has to do, and how much of it is done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// How many partitions it has; 0 if that is not known.
    partitions: u64,
    /// The range of time of all windows.
    range: Option<Window>,
    /// How many parents it has, or 1.
    parents: u64,
    /// The share of the partitions that was complete when the run started.
    before: f64,
    /// The share of those that were completed since.
    since: f64,
    /// The records of the only listing, as the API reports them.
    total: Option<u64>,
}

/// Until the pull is complete, it is not shown as done.
const MOST: f64 = 0.99;

impl Expected {
    /// A pull of these windows, for each of `parents`. `complete` partitions were pulled by an earlier run.
    pub(crate) fn new(windows: Option<&[Window]>, parents: Option<u64>, complete: u64) -> Self {
        let range = windows
            .and_then(|windows| Some(Window { start: windows.first()?.start, end: windows.last()?.end }));
        let parents = parents.unwrap_or(1);
        let partitions = windows.map_or(1, |windows| windows.len() as u64).saturating_mul(parents);
        let before = if partitions == 0 { 0.0 } else { share(complete, partitions) };
        Self { partitions, range, parents, before, since: 0.0, total: None }
    }

    /// Notes that a partition is complete. A window may be a half of those that were planned.
    pub(crate) fn complete(&mut self, id: PartitionId) {
        let length = |window: Window| window.end.duration_since(window.start).as_secs_f64();
        let of_range =
            id.window.zip(self.range).map(|(window, range)| length(window) / length(range).max(1.0));
        self.since += of_range.unwrap_or(1.0) * share(1, self.parents.max(1));
    }

    /// Notes how many records the API reports.
    pub(crate) fn report(&mut self, total: u64) {
        self.total = Some(total).filter(|_| self.partitions == 1);
    }

    /// The share that is done, once `records` are pulled. `None` if nothing tells.
    pub(crate) fn done(&self, records: u64) -> Option<f64> {
        let done = match self.total {
            Some(total) if total > 0 => share(records, total),
            _ if self.partitions > 1 => self.before + self.since,
            _ => return None,
        };
        Some(done.clamp(0.0, MOST))
    }

    /// The share that was done when this run started, after an earlier one had pulled `resumed` records.
    pub(crate) fn done_at_start(&self, resumed: u64) -> f64 {
        match self.total {
            Some(total) if total > 0 => share(resumed, total),
            _ => self.before,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is for people")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> Window {
        let day = |number: u32| format!("2026-01-{number:02}T00:00:00Z").parse().unwrap();
        Window { start: day(number), end: day(number + 1) }
    }

    fn percent(expected: &Expected, records: u64) -> Option<String> {
        expected.done(records).map(|done| format!("{:.0} %", done * 100.0))
    }

    #[test]
    fn windows_count_by_their_length() {
        let days = [day(1), day(2), day(3), day(4)];
        let mut expected = Expected::new(Some(&days), None, 1);
        assert_eq!(percent(&expected, 9).unwrap(), "25 %");
        // The second day was halved.
        let noon = "2026-01-02T12:00:00Z".parse().unwrap();
        let half = PartitionId { parent: None, window: Some(Window { end: noon, ..day(2) }) };
        expected.complete(half);
        assert_eq!(percent(&expected, 9).unwrap(), "38 %");
        for day in [day(3), day(4), day(4)] {
            expected.complete(PartitionId { parent: None, window: Some(day) });
        }
        assert_eq!(percent(&expected, 9).unwrap(), "99 %", "it is not complete yet");
    }

    #[test]
    fn parents_and_totals_tell_too() {
        let mut parents = Expected::new(None, Some(4), 0);
        parents.complete(PartitionId { parent: Some(0), window: None });
        parents.report(1000);
        assert_eq!(percent(&parents, 10).unwrap(), "25 %", "the total is that of one parent");
        let mut single = Expected::new(None, None, 0);
        assert_eq!(percent(&single, 10), None);
        single.report(40);
        assert_eq!(percent(&single, 10).unwrap(), "25 %");
        assert_eq!(percent(&Expected::new(Some(&[]), Some(0), 0), 10), None);
    }
}
