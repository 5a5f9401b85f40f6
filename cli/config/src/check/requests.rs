//! Checks of requests, and of the format of their answers.

use longhaul_core::{
    http::place::{Place, Places},
    listing::paginate::Parameter,
    sink::{UnknownPlaceholder, Variables},
};

use super::Check;
use crate::{
    error::ConfigError,
    placeholders::{self, RequestOf, known},
    sections::{
        content::Content,
        pages::Style,
        stream::{Format, Stream},
    },
    values::{body::Body, query::Query, secret::Secrets},
};

impl Check<'_> {
    /// Checks the requests of the stream `name`.
    pub(super) fn requests(&self, name: &str, stream: &Stream) -> Result<(), ConfigError> {
        let of_stream =
            self.request(name, stream, &[], &stream.path, Some(&stream.query), Some(stream.content()));
        let headers =
            texts(&stream.headers).map(|(header, text)| self.known(name, stream, &["headers", header], text));
        let available = stream.window.as_ref().and_then(|window| window.available.as_ref());
        let of_available = available.map(|available| {
            self.request(name, stream, &["window", "available"], &available.path, None, None)
        });
        let of_job = stream.job.iter().flat_map(|job| {
            let (submit, below) = (&job.submit, ["job", "submit"]);
            let content = Some(submit.content());
            let cancel = job.cancel.as_ref().map(|cancel| {
                self.request(name, stream, &["job", "cancel"], &cancel.path, None, Some(cancel.content()))
            });
            let submit = self.request(name, stream, &below, &submit.path, Some(&submit.query), content);
            [submit, self.known_in_url(name, stream, &["job", "poll"], &job.poll)].into_iter().chain(cancel)
        });
        let parameters = self.parameters(name, stream);
        ConfigError::all([of_stream, parameters].into_iter().chain(headers).chain(of_available).chain(of_job))
    }

    /// Checks the headers of all streams.
    pub(super) fn api_headers(&self) -> Result<(), ConfigError> {
        let known = Variables::new("", "").with("date", "");
        ConfigError::all(texts(&self.config.api.headers).map(|(header, text)| {
            known.expand(text).map(drop).map_err(|error| {
                let error = self.error(&["api", "headers", header], |key| format!("`{key}`: {error}"));
                error.with_hint(placeholders::HINT)
            })
        }))
    }

    /// Checks the request whose keys are `below` the stream.
    fn request(
        &self,
        name: &str,
        stream: &Stream,
        below: &[&str],
        path: &str,
        query: Option<&Query>,
        content: Option<Content<'_>>,
    ) -> Result<(), ConfigError> {
        let key = |key| [below, &[key]].concat();
        let mut outcomes = vec![self.known_in_url(name, stream, &key("path"), path)];
        outcomes.extend(content.as_ref().map(|content| self.content(name, below, content)));
        let form = content.and_then(|content| content.form);
        for (table, values) in [("query", query), ("form", form)] {
            for (parameter, values) in values.into_iter().flatten() {
                let below = [&key(table)[..], &[parameter]].concat();
                outcomes
                    .extend(values.as_slice().iter().map(|value| self.known(name, stream, &below, value)));
            }
        }
        let text = content.and_then(|content| content.text);
        outcomes.extend(text.map(|text| self.known(name, stream, &key("text"), text)));
        if let Some(Body::Json(body)) = content.and_then(|content| content.body) {
            let checked = placeholders::check_all(body.value(), &known(stream, request_of(below)));
            outcomes.push(checked.map_err(|error| self.unknown(name, stream, &key("body"), &error)));
        }
        ConfigError::all(outcomes)
    }

    /// Checks the placeholders of a text.
    fn known(&self, name: &str, stream: &Stream, below: &[&str], text: &str) -> Result<(), ConfigError> {
        let expanded = known(stream, request_of(below)).expand(text);
        expanded.map(drop).map_err(|error| self.unknown(name, stream, below, &error))
    }

    /// Checks the placeholders of a path.
    fn known_in_url(
        &self,
        name: &str,
        stream: &Stream,
        below: &[&str],
        text: &str,
    ) -> Result<(), ConfigError> {
        let checked = known(stream, request_of(below)).check_url(text);
        checked.map_err(|error| self.unknown(name, stream, below, &error))
    }

    fn unknown(
        &self,
        name: &str,
        stream: &Stream,
        below: &[&str],
        error: &UnknownPlaceholder,
    ) -> ConfigError {
        let message = error.to_string();
        let error = self.error(&[&["streams", name], below].concat(), |key| format!("`{key}`: {message}"));
        let explains_itself = message.contains("may stand only in a path")
            || message.contains("`{each.") && message.contains("did you mean");
        match placeholders::hint(name, stream, &message) {
            Some(hint) => error.with_hint(hint),
            None if explains_itself => error,
            None => error.with_hint(placeholders::HINT),
        }
    }

    /// A request has one content.
    fn content(&self, name: &str, below: &[&str], content: &Content<'_>) -> Result<(), ConfigError> {
        let error = |key: &str, message: &dyn Fn(&str) -> String| {
            self.error(&[&["streams", name], below, &[key]].concat(), message)
        };
        let present = [
            ("body", content.body.is_some()),
            ("form", content.form.is_some()),
            ("text", content.text.is_some()),
        ];
        let present: Vec<_> = present.into_iter().filter(|(_, is)| *is).map(|(key, _)| key).collect();
        if let [first, second, ..] = present.as_slice() {
            return Err(error(second, &|key| format!("`{key}`: the request has a `{first}` already"))
                .with_hint("set only one of `body`, `form` and `text`"));
        }
        match (content.text, content.content_type) {
            (Some(_), None) => Err(error("text", &|key| format!("`{key}` requires `content_type`"))
                .with_hint("name its media type: `content_type = \"text/plain\"`")),
            (None, Some(_)) => Err(error("content_type", &|key| format!("`{key}` requires `text`"))
                .with_hint("`body` is sent as JSON and `form` as a form; for another type, use `text`")),
            _ => Ok(()),
        }
    }

    /// A parameter of pagination needs a place in the content.
    fn parameters(&self, name: &str, stream: &Stream) -> Result<(), ConfigError> {
        let (param, size) = match &stream.pages.style {
            Style::Cursor { param, .. } => (Some(param), None),
            Style::Offset { param, size, .. } | Style::PageNumber { param, size, .. } => {
                (Some(param), size.as_ref().map(|(param, _)| param))
            }
            Style::LinkHeader { .. } | Style::NextUrl { .. } | Style::Single => (None, None),
        };
        ConfigError::all([("param", param), ("size_param", size)].map(|(key, parameter)| {
            let Some(Parameter::Body(pointer)) = parameter else { return Ok(()) };
            let path = ["streams", name, "pages", key];
            if stream.text.is_some() {
                return Err(self
                    .error(&path, |key| {
                        format!(
                            "`{key}`: `{pointer}` is a place in JSON or a form, but the request has a `text`"
                        )
                    })
                    .with_hint("use a query parameter, whose name has no `/` before it"));
            }
            if stream.form.is_some() && pointer.tokens().len() != 1 {
                return Err(self
                    .error(&path, |key| {
                        format!("`{key}`: `{pointer}` is not a field of a form, which has no levels")
                    })
                    .with_hint("write `/` and the name of the field, with `~1` for a `/` in it"));
            }
            Ok(())
        }))
    }

    /// Pages of lines have records and nothing else.
    pub(super) fn format(&self, name: &str, stream: &Stream) -> Result<(), ConfigError> {
        let format = match stream.format {
            Format::Json | Format::Ndjson if stream.csv.is_some() => {
                return Err(self
                    .error(&["streams", name, "csv"], |key| format!("`{key}` requires `format = \"csv\"`")));
            }
            Format::Json => return Ok(()),
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
        };
        let of_records = (!stream.records.tokens().is_empty()).then(|| {
            let message = |key: &str| format!("`{key}` has no meaning with `format = \"{format}\"`");
            let hint = if format == "csv" { "each row is a record" } else { "each line is a record" };
            Err(self.error(&["streams", name, "records"], message).with_hint(hint))
        });
        let of_places = read_from_pages(stream).into_iter().map(|(key, places)| {
            let is_in_body = |place: &&Place| matches!(place, Place::Body(_) | Place::Path { .. });
            let Some(place) = places.iter().find(is_in_body) else { return Ok(()) };
            let message = |key: &str| {
                format!("`{key}`: `{place}` is a place in a JSON page, but the format is `{format}`")
            };
            let hint = "use a place in a header, as `header:X-Next` or `link:next`, or in the last record, as `last:/id`";
            Err(self.error(&["streams", name, "pages", key], message).with_hint(hint))
        });
        ConfigError::all(of_records.into_iter().chain(of_places))
    }
}

/// The headers whose values are text.
fn texts(headers: &Secrets) -> impl Iterator<Item = (&String, &str)> {
    headers.iter().filter_map(|(name, value)| Some((name, value.text()?)))
}

/// The request that a key `below` a stream is part of.
fn request_of(below: &[&str]) -> RequestOf {
    match below {
        ["headers", ..] => RequestOf::All,
        ["window", ..] => RequestOf::Available,
        ["job", "submit", ..] => RequestOf::Submit,
        _ => RequestOf::Others,
    }
}

/// The places that are read from the pages of a stream, with their keys.
fn read_from_pages(stream: &Stream) -> Vec<(&'static str, &Places)> {
    let ends = &stream.pages.ends;
    let of_style = match &stream.pages.style {
        Style::Cursor { cursor, .. } => Some(("cursor", cursor)),
        Style::NextUrl { next, .. } => Some(("next", next)),
        Style::PageNumber { page_count, .. } => page_count.as_ref().map(|places| ("page_count", places)),
        Style::LinkHeader { .. } | Style::Offset { .. } | Style::Single => None,
    };
    let conditions = ends.end.iter().filter_map(|last| last.at.as_ref()).map(|(places, _)| ("end", places));
    let more = ends.more.as_ref().map(|places| ("more", places));
    let total = ends.total.as_ref().map(|places| ("total", places));
    of_style.into_iter().chain(conditions).chain(more).chain(total).collect()
}
