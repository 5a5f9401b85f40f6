//! The time zone and format of a column.

use jiff::{Timestamp, fmt::strtime, tz::TimeZone};
use longhaul_core::{
    json::text,
    sink::{Keys, SinkError},
    times::{self, TimeProblem},
};

/// How a column writes times.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TimeFormat {
    timezone: TimeZone,
    format: String,
}

/// RFC 3339 with the offset of the time zone. Fractions of a second stay if there are any.
const DEFAULT_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.f%:z";

impl TimeFormat {
    /// The keys that [`new`](Self::new) reads.
    pub(super) const KEYS: [&str; 2] = ["timezone", "format"];

    /// Reads the keys of a column; `None` if it has neither.
    pub(super) fn new(keys: &Keys<'_>) -> Result<Option<Self>, SinkError> {
        let (timezone, format) = (keys.text("timezone")?, keys.text("format")?);
        if timezone.is_none() && format.is_none() {
            return Ok(None);
        }
        let timezone = timezone.map_or(Ok(TimeZone::UTC), TimeZone::get).map_err(|_| {
            let name = timezone.unwrap_or_default();
            SinkError::config(
                "columns",
                format!("unknown time zone `{name}`; use a name such as `UTC` or `Europe/Berlin`"),
            )
        })?;
        let format = format.unwrap_or(DEFAULT_FORMAT).to_owned();
        let written = Self { timezone, format };
        written.write(Timestamp::UNIX_EPOCH).map_err(|error| {
            SinkError::config(
                "columns",
                format!("`{}` is not a format of times (strftime): {error}", written.format),
            )
        })?;
        Ok(Some(written))
    }

    /// The time as a JSON string. An empty text is no time, and stays as it is.
    pub(super) fn json(&self, json: &str) -> Result<String, TimeProblem> {
        let text = json.starts_with('"').then(|| text(json)).ok_or(TimeProblem::NoTime)?;
        if text.is_empty() {
            return Ok(json.to_owned());
        }
        let written = self.write(times::read(&text)?).map_err(|_| TimeProblem::OutOfRange)?;
        Ok(serde_json::Value::from(written).to_string())
    }

    fn write(&self, time: Timestamp) -> Result<String, jiff::Error> {
        strtime::format(&self.format, &time.to_zoned(self.timezone.clone()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::{
        TimeProblem::{LeapSecond, NoTime, OutOfRange},
        *,
    };

    fn format(options: &serde_json::Value) -> Result<Option<TimeFormat>, String> {
        let options: Map<_, _> = options.as_object().unwrap().clone();
        let keys = Keys::new(&options, &TimeFormat::KEYS).unwrap();
        TimeFormat::new(&keys).map_err(|error| error.to_string())
    }

    #[test]
    fn a_time_is_written_in_the_time_zone_and_format_of_its_column() {
        let written = |options: &serde_json::Value, time: &str| format(options).unwrap().unwrap().json(time);
        let berlin = json!({ "timezone": "Europe/Berlin" });
        let local = json!({ "timezone": "Europe/Berlin", "format": "%d.%m.%Y %H:%M" });
        for (options, time, expected) in [
            (&berlin, "\"2026-07-01T22:30:00.125Z\"", Ok("\"2026-07-02T00:30:00.125+02:00\"")),
            (&berlin, "\"2026-12-31T23:30:00Z\"", Ok("\"2027-01-01T00:30:00+01:00\"")),
            // Both sides of the hour that comes twice.
            (&local, "\"2026-10-25T00:30:00Z\"", Ok("\"25.10.2026 02:30\"")),
            (&local, "\"2026-10-25T01:30:00+00:00\"", Ok("\"25.10.2026 02:30\"")),
            (&json!({ "format": "%Y-%m-%d" }), "\"2026-10-25T23:59:59-08:00\"", Ok("\"2026-10-26\"")),
            (&local, "\"9999-12-30T22:00:00Z\"", Ok("\"30.12.9999 23:00\"")),
            (&local, "\"2026-10-25T23:60:00Z\"", Err(NoTime)),
            (&local, "\"2026-10-25T01:30:00\"", Err(NoTime)),
            (&local, "\"9999-12-31\"", Err(NoTime)),
            (&local, "\"9999-12-31T23:59:59Z\"", Err(OutOfRange)),
            (&local, "\"9999-12-31T00:00:00.000+00:00\"", Err(OutOfRange)),
            (&local, "\"2016-12-31T23:59:60Z\"", Err(LeapSecond)),
            (&local, "\"2017-01-01 00:59:60.5+01:00\"", Err(LeapSecond)),
            (&local, "\"\"", Ok("\"\"")),
            (&local, "1792892400", Err(NoTime)),
        ] {
            assert_eq!(written(options, time), expected.map(str::to_owned), "{options} {time}");
        }
        assert_eq!(format(&json!({})), Ok(None));
    }

    #[test]
    fn an_unknown_time_zone_or_format_is_an_error() {
        assert_eq!(
            format(&json!({ "timezone": "Berlin" })).unwrap_err(),
            "unknown time zone `Berlin`; use a name such as `UTC` or `Europe/Berlin`"
        );
        let error = format(&json!({ "format": "%H:%K" })).unwrap_err();
        assert!(error.starts_with("`%H:%K` is not a format of times (strftime): "), "{error}");
    }
}
