//! Times. A date means the same in each of its forms, and the windows of a range tile it.
//!
//! Input, one on each line: a time that a server asks to wait until, the server's own date, the start of a range, its end, the
//! length of a slice, and a time zone.

use std::time::{Duration, UNIX_EPOCH};

use jiff::{Span, Timestamp, tz::TimeZone};
use longhaul_config::Moment;
use longhaul_core::{client::retry::after, pull::window::Tiles, window::Window};

use super::input::number;

/// How many windows are looked at.
const MOST: usize = 500;

pub(super) fn run(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let mut lines = text.split('\n').chain(std::iter::repeat(""));
    let mut next = || lines.next().unwrap_or_default();
    check_wait(next(), next(), number(input));
    check_windows(next(), next(), next(), next());
}

fn check_wait(wait: &str, date: &str, seconds: u64) {
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let found = after(wait, Some(date), now);
    if let Ok(seconds) = wait.parse::<u64>()
        && !wait.starts_with('+')
        && seconds < 1_000_000_000
    {
        assert_eq!(found, Some(Duration::from_secs(seconds)));
    }
    // The same second in each form, up to a hundred years later.
    let seconds = seconds % 3_000_000_000;
    let until = now + Duration::from_secs(seconds);
    let timestamp = Timestamp::try_from(until).unwrap();
    for form in [
        httpdate::fmt_http_date(until),
        timestamp.to_string(),
        timestamp.as_second().to_string(),
        timestamp.as_millisecond().to_string(),
    ] {
        assert_eq!(after(&form, None, now), Some(Duration::from_secs(seconds)), "{form}");
    }
}

fn check_windows(from: &str, to: &str, slice: &str, zone: &str) {
    let now = "2026-03-28T12:00:00Z".parse().unwrap();
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let resolve = |text: &str| {
        let moment = text.parse::<Moment>().ok()?;
        assert_eq!(moment.to_string(), text);
        moment.resolve(now, &zone).ok()
    };
    let (Some(from), Some(to)) = (resolve(from), resolve(to)) else { return };
    let Ok(slice) = slice.parse::<Span>() else { return };
    if slice.is_negative() {
        // The configuration refuses it.
        return;
    }
    let Ok(tiles) = Tiles::new(from, to, Some(slice), zone) else { return };
    let mut at = from;
    let mut windows = tiles.take(MOST);
    let mut count = 0;
    for window in windows.by_ref() {
        let Ok(window @ Window { start, end }) = window else { return };
        assert!(start == at && end > start && end <= to, "{window} after {at}");
        assert_eq!(Window::try_from(window.to_string()).unwrap(), window);
        at = end;
        count += 1;
    }
    assert!(at >= to || count == MOST, "the windows end at {at}, not at {to}");
}
