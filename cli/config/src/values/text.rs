//! Values that are text of a special form.

use std::{fmt::Display, str::FromStr};

use http::HeaderValue;
use jiff::{Span, Timestamp, fmt::strtime, tz::TimeZone};
use longhaul_core::listing::paginate::Parameter;
use serde::{Deserialize, Deserializer, de};

use crate::values::{described::described, steps};

/// Parses the text.
pub(crate) fn read<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

/// The same, for a key that is optional.
pub(crate) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    read(deserializer).map(Some)
}

/// A place in a request: a query parameter, or a pointer into the body.
pub(crate) enum RequestPlace {}

/// A single line for people.
pub(crate) enum Line {}

/// A media type.
pub(crate) enum MediaType {}

/// A number of days, hours and so on, which may be zero.
pub(crate) enum AnySpan {}

/// A number of days, hours and so on above zero.
pub(crate) enum PositiveSpan {}

/// The name of a time zone, such as `Europe/Berlin`.
pub(crate) enum Zone {}

/// A format that times can be written in.
pub(crate) enum TimeFormat {}

described!(RequestPlace, { "type": "string", "x-value": "place in the request", "examples": ["page", "/paging/page"] });
described!(Line, { "type": "string" });
described!(MediaType, { "type": "string", "x-value": "media type", "examples": ["application/xml", "text/plain"] });
described!(AnySpan, { "type": "string", "x-value": "time span", "examples": ["1d", "6h"] });
described!(PositiveSpan, { "type": "string", "x-value": "time span", "examples": ["1d", "6h"] });
described!(Zone, { "type": "string", "x-value": "time zone", "examples": ["UTC", "Europe/Berlin"] });
described!(TimeFormat, { "type": "string", "x-value": "time format", "examples": ["%Y-%m-%dT%H:%M:%SZ"] });

impl RequestPlace {
    /// Reads the place of a key that is optional.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Parameter>, D::Error> {
        match optional(deserializer)? {
            Some(Parameter::Query(name)) if name.is_empty() => {
                Err(de::Error::custom("must be the name of a query parameter or a pointer into the body"))
            }
            place => Ok(place),
        }
    }
}

impl Line {
    /// Reads the line of a key that is optional.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.contains(char::is_control) {
            Err(de::Error::custom("must be a single line"))
        } else {
            Ok(Some(text))
        }
    }
}

impl MediaType {
    /// Reads the media type of a key that is optional.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<HeaderValue>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let names = text.split(';').next().unwrap_or_default().trim().split_once('/');
        let refuse = || de::Error::custom(format!("`{text}` is not a media type such as `text/plain`"));
        match names {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => {
                HeaderValue::from_str(&text).map(Some).map_err(|_| refuse())
            }
            _ => Err(refuse()),
        }
    }
}

impl AnySpan {
    /// Reads the span.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        let text = String::deserialize(deserializer)?;
        let refuse = || de::Error::custom(format!("`{text}` is not a time span such as `1d`, `6h` or `1w`"));
        // In a span for people, `M` means months.
        let span = steps::span(&text).or_else(|_| text.parse()).map_err(|_| refuse())?;
        if span.is_negative() { Err(de::Error::custom(format!("`{text}` is negative"))) } else { Ok(span) }
    }
}

impl PositiveSpan {
    /// Reads the span of a key that is optional.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Span>, D::Error> {
        match AnySpan::deserialize(deserializer)? {
            span if span.is_zero() => Err(de::Error::custom("the time span must be above zero")),
            span => Ok(Some(span)),
        }
    }
}

impl Zone {
    /// Reads the time zone.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
        let name = String::deserialize(deserializer)?;
        TimeZone::get(&name).map_err(|_| {
            de::Error::custom(format!(
                "unknown time zone `{name}`; use a name such as `UTC` or `Europe/Berlin`"
            ))
        })
    }
}

impl TimeFormat {
    /// Reads the format.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        let format = String::deserialize(deserializer)?;
        match strtime::format(&format, &Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC)) {
            Ok(written) if !written.is_empty() => Ok(format),
            _ => Err(de::Error::custom(format!(
                "`{format}` is not a time format such as `%Y-%m-%dT%H:%M:%SZ`"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_is_a_parameter_or_a_pointer() {
        assert_eq!(RequestPlace::optional(json!("page")).unwrap(), Some(Parameter::Query("page".into())));
        assert_eq!(
            RequestPlace::optional(json!("/a/b")).unwrap(),
            Some(Parameter::Body("/a/b".parse().unwrap()))
        );
        let refusal = RequestPlace::optional(json!("")).unwrap_err().to_string();
        assert_eq!(refusal, "must be the name of a query parameter or a pointer into the body");
        let refusal = RequestPlace::optional(json!("/a~")).unwrap_err().to_string();
        assert_eq!(
            refusal,
            "`/a~` is not a JSON pointer: `~` must be written `~0`, and `/` inside a name `~1`"
        );
    }

    #[test]
    fn a_media_type_has_two_names() {
        let read = |text: &str| MediaType::optional(json!(text));
        assert_eq!(read("text/xml; charset=utf-8").unwrap().unwrap(), "text/xml; charset=utf-8");
        for text in ["", "xml", "/xml", "text/", "text/x\ny"] {
            let message = format!("`{text}` is not a media type such as `text/plain`");
            assert_eq!(read(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_line_has_no_line_breaks() {
        assert_eq!(Line::optional(json!("all users")).unwrap().as_deref(), Some("all users"));
        assert_eq!(Line::optional(json!("all\nusers")).unwrap_err().to_string(), "must be a single line");
    }

    #[test]
    fn days_are_calendar_days() {
        let read = |text: &str| AnySpan::deserialize(json!(text)).unwrap().fieldwise();
        assert_eq!(read("1d"), Span::new().days(1).fieldwise());
        assert_eq!(read("36h"), Span::new().hours(36).fieldwise());
        assert_eq!(read("P1W"), Span::new().weeks(1).fieldwise());
        assert_eq!(read("0s"), Span::new().fieldwise());
    }

    #[test]
    fn invalid_time_spans_are_refused() {
        let refusal = |text: &str| PositiveSpan::optional(json!(text)).unwrap_err().to_string();
        for text in ["", "1", "soon"] {
            assert_eq!(refusal(text), format!("`{text}` is not a time span such as `1d`, `6h` or `1w`"));
        }
        assert_eq!(refusal("-1d"), "`-1d` is negative");
        assert_eq!(refusal("0d"), "the time span must be above zero");
    }

    #[test]
    fn time_zones_are_known_by_name() {
        assert_eq!(Zone::deserialize(json!("Europe/Berlin")).unwrap().iana_name(), Some("Europe/Berlin"));
        let refusal = Zone::deserialize(json!("Mars/Olympus")).unwrap_err().to_string();
        assert_eq!(refusal, "unknown time zone `Mars/Olympus`; use a name such as `UTC` or `Europe/Berlin`");
    }

    #[test]
    fn time_zones_are_bundled() {
        let bundled = jiff::tz::TimeZoneDatabase::bundled();
        assert!(bundled.get("Europe/Berlin").is_ok());
    }

    #[test]
    fn a_time_format_can_format_a_time() {
        for format in ["%Y-%m-%dT%H:%M:%S.%3fZ", "%s", "%F"] {
            assert_eq!(TimeFormat::deserialize(json!(format)).unwrap(), format);
        }
        for format in ["", "%", "%é"] {
            let refusal = TimeFormat::deserialize(json!(format)).unwrap_err().to_string();
            let message = format!("`{format}` is not a time format such as `%Y-%m-%dT%H:%M:%SZ`");
            assert_eq!(refusal, message);
        }
    }
}
