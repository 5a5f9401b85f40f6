//! Windows of time.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A window of time, which includes its start but not its end. It is written as an interval, `start/end` (ISO 8601-1
/// §5.5).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    /// The first instant in it.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

impl TryFrom<String> for Window {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, jiff::Error> {
        let (start, end) = text.split_once('/').unwrap_or((&text, ""));
        Ok(Self { start: start.parse()?, end: end.parse()? })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.start, self.end)
    }
}

impl Window {
    /// Whether it cannot be split in half, because it has less than two seconds.
    pub fn is_shortest(&self) -> bool {
        self.halves(SignedDuration::ZERO).is_none()
    }

    /// Splits the window in half, at a whole second. Returns `None` if a half would be empty or shorter than `shortest`.
    pub fn halves(&self, shortest: SignedDuration) -> Option<[Self; 2]> {
        let middle = self.start.as_second().midpoint(self.end.as_second());
        let middle = Timestamp::from_second(middle).ok()?;
        let halves = [Self { start: self.start, end: middle }, Self { start: middle, end: self.end }];
        let long_enough = |half: &Self| {
            let length = half.end.duration_since(half.start);
            length >= shortest && length.is_positive()
        };
        halves.iter().all(long_enough).then_some(halves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: &str, end: &str) -> Window {
        Window { start: start.parse().unwrap(), end: end.parse().unwrap() }
    }

    #[test]
    fn halves_meet_in_the_middle_and_are_long_enough() {
        let day = window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        let noon = "2026-01-01T12:00:00Z";
        let halves = [window("2026-01-01T00:00:00Z", noon), window(noon, "2026-01-02T00:00:00Z")];
        assert_eq!(day.halves(SignedDuration::from_hours(12)), Some(halves));
        assert_eq!(day.halves(SignedDuration::from_hours(13)), None);
        let second = window("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z");
        assert_eq!(second.halves(SignedDuration::ZERO), None);
        assert!(second.is_shortest() && !day.is_shortest());
    }
}
