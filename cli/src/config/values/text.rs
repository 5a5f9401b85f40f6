//! Values that are written as text of their own form.

use std::{fmt::Display, str::FromStr};

use jiff::{Span, Timestamp, fmt::strtime, tz::TimeZone};
use longhaul_core::listing::paginate::Parameter;
use serde::{Deserialize, Deserializer, de};

/// What the text stands for.
pub(in crate::config) fn read<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

/// The same, for a key that need not be there.
pub(in crate::config) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    read(deserializer).map(Some)
}

/// A place in a request.
pub(in crate::config) fn place<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Parameter>, D::Error> {
    match optional(deserializer)? {
        Some(Parameter::Query(name)) if name.is_empty() => {
            Err(de::Error::custom("neither a parameter nor a place in the body is named"))
        }
        place => Ok(place),
    }
}

/// A single line, for people.
pub(in crate::config) fn line<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.contains(char::is_control) {
        Err(de::Error::custom("more than one line"))
    } else {
        Ok(Some(text))
    }
}

/// A stretch of the calendar, which may be of no length.
pub(in crate::config) fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
    let text = String::deserialize(deserializer)?;
    let refuse =
        || de::Error::custom(format!("`{text}` is not a stretch of time such as `1d`, `6h` or `1w`"));
    let span: Span = text.parse().map_err(|_| refuse())?;
    if span.is_negative() { Err(de::Error::custom(format!("`{text}` is negative"))) } else { Ok(span) }
}

/// One of some length.
pub(in crate::config) fn some_span<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Span>, D::Error> {
    match span(deserializer)? {
        span if span.is_zero() => Err(de::Error::custom("a stretch of time above zero is needed")),
        span => Ok(Some(span)),
    }
}

/// A time zone by its name, such as `Europe/Berlin`.
pub(in crate::config) fn timezone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    let name = String::deserialize(deserializer)?;
    TimeZone::get(&name).map_err(|_| {
        de::Error::custom(format!("there is no time zone `{name}`; one is `UTC` or such as `Europe/Berlin`"))
    })
}

/// A format that times can be written in.
pub(in crate::config) fn time_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let format = String::deserialize(deserializer)?;
    match strtime::format(&format, &Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC)) {
        Ok(written) if !written.is_empty() => Ok(format),
        _ => Err(de::Error::custom(format!(
            "`{format}` is not a format of times such as `%Y-%m-%dT%H:%M:%SZ`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_has_a_name() {
        assert_eq!(place(json!("page")).unwrap(), Some(Parameter::Query("page".into())));
        assert_eq!(place(json!("/a/b")).unwrap(), Some(Parameter::Body("/a/b".parse().unwrap())));
        let refusal = place(json!("")).unwrap_err().to_string();
        assert_eq!(refusal, "neither a parameter nor a place in the body is named");
        let refusal = place(json!("/a~")).unwrap_err().to_string();
        assert_eq!(
            refusal,
            "`/a~` is not a JSON pointer: `~` must be written `~0`, and `/` inside a name `~1`"
        );
    }

    #[test]
    fn a_line_is_one() {
        assert_eq!(line(json!("all users")).unwrap().as_deref(), Some("all users"));
        assert_eq!(line(json!("all\nusers")).unwrap_err().to_string(), "more than one line");
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        let read = |text: &str| span(json!(text)).unwrap().fieldwise();
        assert_eq!(read("1d"), Span::new().days(1).fieldwise());
        assert_eq!(read("36h"), Span::new().hours(36).fieldwise());
        assert_eq!(read("P1W"), Span::new().weeks(1).fieldwise());
        assert_eq!(read("0s"), Span::new().fieldwise());
    }

    #[test]
    fn what_is_no_stretch_of_time_is_refused() {
        let refusal = |text: &str| some_span(json!(text)).unwrap_err().to_string();
        for text in ["", "1", "soon"] {
            assert_eq!(
                refusal(text),
                format!("`{text}` is not a stretch of time such as `1d`, `6h` or `1w`")
            );
        }
        assert_eq!(refusal("-1d"), "`-1d` is negative");
        assert_eq!(refusal("0d"), "a stretch of time above zero is needed");
    }

    #[test]
    fn zones_are_known_by_name() {
        assert_eq!(timezone(json!("Europe/Berlin")).unwrap().iana_name(), Some("Europe/Berlin"));
        let refusal = timezone(json!("Mars/Olympus")).unwrap_err().to_string();
        assert_eq!(refusal, "there is no time zone `Mars/Olympus`; one is `UTC` or such as `Europe/Berlin`");
    }

    #[test]
    fn zones_are_known_where_the_system_knows_none() {
        let bundled = jiff::tz::TimeZoneDatabase::bundled();
        assert!(bundled.get("Europe/Berlin").is_ok());
    }

    #[test]
    fn a_format_of_times_can_be_written_in() {
        for format in ["%Y-%m-%dT%H:%M:%S.%3fZ", "%s", "%F"] {
            assert_eq!(time_format(json!(format)).unwrap(), format);
        }
        for format in ["", "%", "%é"] {
            let refusal = time_format(json!(format)).unwrap_err().to_string();
            let message = format!("`{format}` is not a format of times such as `%Y-%m-%dT%H:%M:%SZ`");
            assert_eq!(refusal, message);
        }
    }
}
