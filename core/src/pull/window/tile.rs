//! Divides a range of time into windows without gaps or overlaps.

use jiff::{Span, Timestamp, tz::TimeZone};

use crate::window::Window;

/// The windows from `from` to `to`. Slices of whole days start at midnight in `timezone`, so the first and the last may be
/// shorter. Other slices are counted from `from`.
pub fn tile(
    from: Timestamp,
    to: Timestamp,
    slice: Option<&Span>,
    timezone: &TimeZone,
) -> Result<Vec<Window>, TilingError> {
    let mut tiles = Tiles::new(from, to, slice.copied(), timezone.clone())?;
    let windows = tiles.by_ref().take(MOST).collect::<Result<Vec<_>, _>>()?;
    if tiles.next().is_some() { Err(TilingError::TooMany) } else { Ok(windows) }
}

/// The most windows of a pull. Each costs memory and at least one request.
const MOST: usize = 1_000_000;

/// The windows that [`tile`] returns, one after another.
#[derive(Clone, Debug)]
pub struct Tiles {
    /// Where the next window starts.
    start: Timestamp,
    to: Timestamp,
    slice: Option<Span>,
    timezone: TimeZone,
    /// Where slices are counted from.
    origin: Timestamp,
    /// How many slices were counted.
    counted: i64,
}

impl Tiles {
    /// The windows from `from` to `to`.
    pub fn new(
        from: Timestamp,
        to: Timestamp,
        slice: Option<Span>,
        timezone: TimeZone,
    ) -> Result<Self, TilingError> {
        let origin = match &slice {
            Some(slice) if is_of_days(slice) => midnight_before(from, &timezone)?,
            _ => from,
        };
        Ok(Self { start: from, to, slice, timezone, origin, counted: 0 })
    }

    /// Where the window ends that starts at `self.start`.
    fn end(&mut self) -> Result<Timestamp, TilingError> {
        let Some(slice) = self.slice else { return Ok(self.to) };
        loop {
            self.counted += 1;
            let end = after(self.origin, &slice, self.counted, &self.timezone)?;
            if end > self.start {
                return Ok(end.min(self.to));
            }
            if self.counted > 1 && end <= self.origin {
                return Err(TilingError::NoLength);
            }
        }
    }
}

impl Iterator for Tiles {
    type Item = Result<Window, TilingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.start >= self.to {
            return None;
        }
        let start = self.start;
        let end = self.end();
        // After an error there is nothing to continue with.
        self.start = *end.as_ref().unwrap_or(&self.to);
        Some(end.map(|end| Window { start, end }))
    }
}

/// The end of the slice number `times`, counted from the origin so that a short month does not shift those after it.
fn after(origin: Timestamp, slice: &Span, times: i64, timezone: &TimeZone) -> Result<Timestamp, TilingError> {
    let span = slice.checked_mul(times)?;
    Ok(origin.to_zoned(timezone.clone()).checked_add(span)?.timestamp())
}

fn is_of_days(slice: &Span) -> bool {
    let has_time =
        [slice.get_hours().into(), slice.get_minutes(), slice.get_seconds(), slice.get_milliseconds()];
    let has_days = [slice.get_years().into(), slice.get_months(), slice.get_weeks(), slice.get_days()];
    has_days.iter().any(|part: &i32| *part > 0) && has_time.iter().all(|part| *part == 0)
}

fn midnight_before(time: Timestamp, timezone: &TimeZone) -> Result<Timestamp, TilingError> {
    Ok(time.to_zoned(timezone.clone()).start_of_day()?.timestamp())
}

/// Why a range of time cannot be divided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TilingError {
    /// The slice has no length.
    #[error("a slice must be longer than zero")]
    NoLength,
    /// There are too many windows.
    #[error("there would be more than 1,000,000 windows")]
    TooMany,
    /// A time is outside the calendar.
    #[error("the windows reach beyond the calendar")]
    OutOfRange(#[from] jiff::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(from: &str, to: &str, slice: &str, zone: &str) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let slice: Option<Span> = (!slice.is_empty()).then(|| slice.parse().unwrap());
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let windows = tile(from, to, slice.as_ref(), &zone).unwrap();
        assert!(windows.windows(2).all(|pair| pair[0].end == pair[1].start), "they tile");
        assert_eq!(windows.first().map(|window| window.start), Some(from));
        assert_eq!(windows.last().map(|window| window.end), Some(to));
        windows.iter().map(|window| window.end.to_string()).collect()
    }

    #[test]
    fn days_are_cut_at_midnight_and_hours_from_the_start() {
        assert_eq!(
            cuts("2026-01-01T15:00:00Z", "2026-01-03T06:00:00Z", "1d", "UTC"),
            ["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-03T06:00:00Z"]
        );
        assert_eq!(
            cuts("2026-01-01T15:30:00Z", "2026-01-02T04:00:00Z", "6h", "UTC"),
            ["2026-01-01T21:30:00Z", "2026-01-02T03:30:00Z", "2026-01-02T04:00:00Z"]
        );
        assert_eq!(cuts("2026-01-01T15:30:00Z", "2026-02-02T04:00:00Z", "", "UTC"), ["2026-02-02T04:00:00Z"]);
        assert_eq!(
            cuts("2026-01-31T00:00:00Z", "2026-04-01T00:00:00Z", "1mo", "UTC"),
            ["2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z", "2026-04-01T00:00:00Z"]
        );
    }

    #[test]
    fn a_day_is_as_long_as_its_zone_says() {
        assert_eq!(
            cuts("2026-03-28T23:00:00Z", "2026-03-31T22:00:00Z", "1d", "Europe/Berlin"),
            ["2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z", "2026-03-31T22:00:00Z"],
            "the 29th has 23 hours"
        );
    }

    #[test]
    fn nothing_is_cut_into_nothing() {
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(tile(at, at, None, &TimeZone::UTC).unwrap(), []);
        let error = tile(at, Timestamp::MAX, Some(&Span::new()), &TimeZone::UTC).unwrap_err();
        assert_eq!(error.to_string(), "a slice must be longer than zero");
        let second = Span::new().seconds(1);
        let end = at + Span::new().seconds(1_000_000);
        assert_eq!(tile(at, end, Some(&second), &TimeZone::UTC).unwrap().len(), MOST);
        let error = tile(at, end + second, Some(&second), &TimeZone::UTC).unwrap_err();
        assert_eq!(error.to_string(), "there would be more than 1,000,000 windows");
    }
}
