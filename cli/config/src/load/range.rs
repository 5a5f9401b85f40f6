//! The range of time of the command line: `--from`, `--to`, `--last`, `--month`.

use figment::value::{Dict, Value};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use crate::{
    error::ConfigError,
    load::{layer::Layer, stack::Stack},
    origin::Origin,
    tree,
    values::steps::{self, NoSteps, UNITS},
};

/// A range of time, and the streams that it is for.
#[derive(Clone, Debug)]
pub struct RangeFlags {
    /// The range.
    pub range: Range,
    /// The names of the streams. If there are none, all that the user configured are meant.
    pub streams: Vec<String>,
    /// The current time.
    pub now: Timestamp,
}

/// A range of time, as people say it. Its end is exclusive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Range {
    /// Between two times, each as in the configuration. Without one of them, the configured one counts.
    Between {
        /// The start.
        from: Option<String>,
        /// The end.
        to: Option<String>,
    },
    /// From this long ago to now: `7d`.
    Last(String),
    /// A month of the calendar, in the time zone of the window. This is its first day. The current month ends now.
    Month(Date),
}

impl RangeFlags {
    /// Puts the range on top of the windows of the streams. A stream without a window gets the records of its parents, so
    /// the window of their stream is meant.
    ///
    /// The range is all that is pulled, so it does not continue where the last run ended.
    pub(crate) fn lay(&self, stack: &mut Stack) -> Result<(), ConfigError> {
        let values = stack.values();
        let known = |name: &str| tree::at(&values, &["streams", name]).is_some();
        let selected: Vec<_> = match &self.streams[..] {
            [] => stack.own_streams().into_iter().map(str::to_owned).collect(),
            names => names.to_vec(),
        };
        for stream in selected.iter().filter(|name| known(name)) {
            let Some(windowed) = windowed(&values, stream) else {
                let flag = self.range.flag();
                let clause = format!("the stream `{stream}` has no window, so `{flag}` does not apply to it");
                let hint = format!("run it without `{flag}`, or add a table `[streams.{stream}.window]`");
                return Err(ConfigError::new(clause).with_hint(hint));
            };
            for (key, value, flag) in self.keys(&values, &windowed)? {
                let path = ["streams", &windowed, "window", key].map(str::to_owned);
                let values = tree::nest(&path, value);
                stack.adjust(Layer { origin: Origin::Command { flag }, folder: "".into(), values });
            }
        }
        Ok(())
    }

    /// The keys of the window of `stream`, each with the flag that gives its value.
    fn keys(&self, values: &Dict, stream: &str) -> Result<Vec<(&'static str, Value, String)>, ConfigError> {
        let text = |key, text: &str, flag: String| (key, Value::from(text), flag);
        let mut keys: Vec<_> = match &self.range {
            Range::Between { from, to } => {
                let from = from.iter().map(|from| text("from", from, format!("--from {from}")));
                from.chain(to.iter().map(|to| text("to", to, format!("--to {to}")))).collect()
            }
            Range::Last(span) => {
                let flag = format!("--last {span}");
                vec![text("from", &format!("now-{span}"), flag.clone()), text("to", "now", flag)]
            }
            Range::Month(first) => {
                let flag = format!("--month {}", first.strftime("%Y-%m"));
                let today = self.now.to_zoned(zone(values, stream)).date();
                let next = first.saturating_add(1.month());
                if *first > today {
                    let clause = format!("`{flag}` is in the future");
                    let hint = format!(
                        "name a month that has begun: --month {} is the current one",
                        today.strftime("%Y-%m")
                    );
                    return Err(ConfigError::new(clause).with_hint(hint));
                }
                // The rest of the current month would be pulled before it has any records.
                let end = if next > today { "now".to_owned() } else { next.to_string() };
                vec![text("from", &first.to_string(), flag.clone()), text("to", &end, flag)]
            }
        };
        let flag = keys.first().map(|(.., flag)| flag.clone()).unwrap_or_default();
        keys.push(("incremental", Value::from(false), flag));
        Ok(keys)
    }
}

impl Range {
    /// From this long ago to now. The error is a clause.
    pub fn last(span: &str) -> Result<Self, String> {
        if let Some(length) = span.strip_prefix('-').filter(|length| steps::span(length).is_ok()) {
            return Err(format!(
                "`{span}` is negative; for the time from {length} ago to now, write `{length}`"
            ));
        }
        match steps::span(span) {
            Ok(length) if length.is_positive() => Ok(Self::Last(span.to_owned())),
            Err(NoSteps::UnknownUnit(unit)) => Err(format!("unknown unit `{unit}`; the units are {UNITS}")),
            _ if !span.is_empty() && span.chars().all(|c| c.is_ascii_digit()) => {
                Err(format!("`{span}` has no unit; write `{span}d` for days"))
            }
            _ => Err("expected a time such as 7d, 12h or 1M (a month)".to_owned()),
        }
    }

    /// A month of the calendar, such as `2026-10`. The error is a clause.
    pub fn month(text: &str) -> Result<Self, String> {
        let is_month = text.len() == 7;
        let first = format!("{text}-01").parse().ok().filter(|_| is_month);
        first.map(Self::Month).ok_or_else(|| "expected a month such as 2026-10".to_owned())
    }

    /// The flag that gives it, without its value.
    pub fn flag(&self) -> &'static str {
        match self {
            Self::Between { from: Some(_), .. } => "--from",
            Self::Between { .. } => "--to",
            Self::Last(_) => "--last",
            Self::Month(_) => "--month",
        }
    }
}

/// The stream with the window that a range is for: `stream`, or the nearest of its parents' streams that has one.
fn windowed(values: &Dict, stream: &str) -> Option<String> {
    let mut name = stream;
    // Streams that are each other's parents are an error of their own.
    for _ in 0..values.get("streams")?.as_dict()?.len() {
        let table = tree::at(values, &["streams", name])?.as_dict()?;
        if table.contains_key("window") {
            return Some(name.to_owned());
        }
        name = tree::at(table, &["each", "stream"])?.as_str()?;
    }
    None
}

/// The time zone of the window of `stream`. One that does not exist is an error of its own.
fn zone(values: &Dict, stream: &str) -> TimeZone {
    let name = tree::at(values, &["streams", stream, "window", "timezone"]).and_then(Value::as_str);
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}
