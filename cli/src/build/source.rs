//! Builds sources from `[streams.*]`.

use std::{ffi::OsString, num::NonZeroU64, sync::Arc};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE},
};
use jiff::{SignedDuration, SpanRelativeTo};
use longhaul_core::{
    Body as RequestBody, Client, Replay, Source, Template,
    http::place::Place,
    listing::{
        end::{Ends, RecordsMissing},
        page::{Csv, EmptyLines, Format},
        paginate::{
            Base, Follow, LinkOrigin, NextUrl, Offset, OffsetStep, PageNumber, Paginator, Renewal, Single,
            Token,
        },
    },
    pull::{
        Accepts, BookmarkOrder, Filter, Incremental,
        job::{Cancel, Job, JobState},
        window::Windows,
    },
};
use url::Url;

use crate::{
    build::{
        placeholders::{check_parent_is_used, check_window_is_used},
        query_secrets, rules,
    },
    config::{
        self, ConfigError, Content, Loaded, Origin, Query, RelativeTo, Secrets, Stream, Style,
        placeholders::{self, RequestOf},
    },
    terminal::failure::Failure,
};

/// The source of the stream `name`. `shutdown_client` builds the client that cancels jobs when the run is stopped.
pub(crate) fn source(
    loaded: &Loaded,
    name: &str,
    stream: &Stream,
    environment: &[(OsString, OsString)],
    secrets: &longhaul_core::Secrets,
    shutdown_client: impl FnOnce() -> Result<Client, Failure>,
) -> Result<Source, Failure> {
    let headers = headers(loaded, name, stream, environment, secrets)?;
    let requests = Requests { loaded, name, stream, headers };
    let replay = if stream.idempotent { Replay::Harmless } else { Replay::OnlyUnseen };
    let first = Template {
        method: stream.method.clone(),
        query: pairs(&stream.query),
        body: requests.content("", RequestOf::Others, &stream.content())?,
        replay,
        headers: accepting(stream.format, requests.headers.clone()),
        ..requests.get(&stream.path)
    };
    let job = stream.job.as_ref().map(|job| requests.job(job, shutdown_client)).transpose()?;
    let of_job = job.iter().flat_map(|job| {
        [&job.submit, &job.poll].into_iter().chain(job.cancel.as_ref().map(|cancel| &cancel.request))
    });
    let templates: Vec<_> = of_job.chain([&first]).collect();
    for request in &templates {
        query_secrets::add(secrets, request);
    }
    check_parent_is_used(loaded, name, stream, &templates)?;
    check_window_is_used(loaded, name, stream, &templates)?;
    let is_declared = loaded.origin_of(&format!("streams.{name}.pages.type")) != Origin::Default;
    Ok(Source {
        first,
        format: format(stream),
        records: stream.records.clone(),
        paginator: paginator(&stream.pages.style, is_declared, &loaded.config.api.base_url),
        ends: ends(stream),
        rules: Arc::new(rules::of_stream(&loaded.config, stream).with_records(stream.records.clone())),
        unique: stream.unique.clone(),
        incremental: stream.incremental.as_ref().and_then(incremental),
        filter: filter(stream),
        job,
        windows: stream.window.as_ref().map(windows),
        each: stream.each.as_ref().map(config::Each::placeholders).unwrap_or_default(),
        concurrency: stream.concurrency.get(),
    })
}

/// Builds the requests of a stream.
struct Requests<'a> {
    loaded: &'a Loaded,
    name: &'a str,
    stream: &'a Stream,
    headers: HeaderMap,
}

impl Requests<'_> {
    fn get(&self, path: &str) -> Template {
        Template {
            method: Method::GET,
            base_url: self.loaded.config.api.base_url.clone(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: self.headers.clone(),
            body: RequestBody::Empty,
            replay: Replay::Harmless,
        }
    }

    /// The content of the request at `below`, which is empty or ends with a dot.
    fn content(
        &self,
        below: &str,
        request: RequestOf,
        content: &Content<'_>,
    ) -> Result<RequestBody, ConfigError> {
        if let Some(body) = content.body {
            let key = format!("streams.{}.{below}body", self.name);
            let origin = self.loaded.origin_of(&key);
            let json = body.read(&key, &origin)?;
            // In a file, nobody has looked for them yet.
            placeholders::check_all(json.value(), &placeholders::known(self.stream, request)).map_err(
                |error| {
                    let hint = placeholders::hint(self.name, self.stream, &error.to_string());
                    let hint = hint.unwrap_or_else(|| placeholders::HINT.to_owned());
                    ConfigError::new(format!("`{key}`: {error}")).at(&key, origin).with_hint(hint)
                },
            )?;
            return Ok(RequestBody::Json(json));
        }
        Ok(match (content.form, content.text, content.content_type) {
            (Some(form), ..) => RequestBody::Form(pairs(form)),
            (_, Some(text), Some(content_type)) => {
                RequestBody::Text { text: text.clone(), content_type: content_type.clone() }
            }
            _ => RequestBody::Empty,
        })
    }

    fn job(
        &self,
        job: &config::Job,
        shutdown_client: impl FnOnce() -> Result<Client, Failure>,
    ) -> Result<Job, Failure> {
        let submit = Template {
            method: job.submit.method.clone(),
            query: pairs(&job.submit.query),
            body: self.content("job.submit.", RequestOf::Submit, &job.submit.content())?,
            // A submission is not a read: two of them create two jobs.
            replay: Replay::OnlyUnseen,
            ..self.get(&job.submit.path)
        };
        let cancel = job.cancel.as_ref().map(|cancel| {
            let body = self.content("job.cancel.", RequestOf::Others, &cancel.content())?;
            let request = Template { method: cancel.method.clone(), body, ..self.get(&cancel.path) };
            Ok::<_, Failure>(Cancel { request, client: shutdown_client()? })
        });
        Ok(Job {
            submit,
            id: job.id.clone(),
            poll: self.get(&job.poll),
            state: job.state.clone(),
            done: states(&job.done),
            failed: states(&job.failed),
            skipped: states(&job.skipped),
            url: job.url.as_ref().map(|config::ResultUrls(places)| places.clone()),
            message: job.message.clone(),
            rules: rules::of_job(&self.loaded.config, job),
            cancel: cancel.transpose()?,
            every: job.every,
            timeout: job.timeout,
        })
    }
}

fn states(states: &[config::State]) -> Vec<JobState> {
    states.iter().map(|config::State(state)| state.clone()).collect()
}

fn format(stream: &Stream) -> Format {
    match (stream.format, &stream.csv) {
        (config::Format::Json, _) => Format::Json,
        (config::Format::Ndjson, _) => Format::Ndjson,
        (config::Format::Csv, None) => Format::Csv(Csv::default()),
        (config::Format::Csv, Some(config::Csv { delimiter, empty_lines, header })) => {
            let empty_lines = match empty_lines {
                None => EmptyLines::Unclear,
                Some(config::EmptyLines::Ignore) => EmptyLines::Ignored,
                Some(config::EmptyLines::Records) => EmptyLines::Rows,
            };
            Format::Csv(Csv { delimiter: *delimiter, header: header.clone(), empty_lines })
        }
    }
}

/// `headers` with the format in `Accept`, unless the user configured that. Other formats are accepted, too, because few
/// servers know the names of these.
fn accepting(format: config::Format, mut headers: HeaderMap) -> HeaderMap {
    let accepted = match format {
        config::Format::Json => return headers,
        config::Format::Ndjson => "application/x-ndjson, application/jsonl, */*;q=0.5",
        config::Format::Csv => "text/csv, */*;q=0.5",
    };
    if headers.get(ACCEPT).is_some_and(|value| !value.is_sensitive()) {
        headers.insert(ACCEPT, HeaderValue::from_static(accepted));
    }
    headers
}

fn filter(stream: &Stream) -> Option<Filter> {
    let conditions =
        stream.conditions.iter().map(|condition| (condition.at.clone(), condition.comparisons.clone()));
    (!stream.conditions.is_empty()).then(|| Filter::new(conditions.collect()))
}

fn incremental(incremental: &config::Incremental) -> Option<Incremental> {
    let config::Incremental { at, lookback, next, order, param, .. } = incremental;
    let accepts = if lookback.is_zero() { Accepts::Any } else { Accepts::Times };
    let order = match order {
        config::Order::AsSent => BookmarkOrder::AsSent,
        config::Order::Greatest => BookmarkOrder::Greatest,
    };
    match (at, next, param) {
        (_, Some(next), param) => Some(Incremental::Next { next: next.clone(), param: param.clone() }),
        (Some(at), None, Some(param)) => {
            Some(Incremental::Value { at: at.clone(), param: param.clone(), order, accepts })
        }
        _ => None,
    }
}

fn pairs(query: &Query) -> Vec<(String, String)> {
    let values = |(name, values): (&String, &config::Values)| {
        values.as_slice().iter().map(|value| (name.clone(), value.clone())).collect::<Vec<_>>()
    };
    query.iter().flat_map(values).collect()
}

fn windows(window: &config::Window) -> Windows {
    // A day of `min_slice` is 24 hours, because it is compared with durations and not with dates.
    let length = |span: &jiff::Span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok();
    Windows {
        slice: window.slice,
        min_slice: window.min_slice.as_ref().and_then(length).unwrap_or(SignedDuration::from_secs(1)),
        timezone: window.timezone.clone(),
        format: window.format.clone(),
    }
}

/// `is_declared` is whether the user configured `pages`.
fn paginator(style: &Style, is_declared: bool, base_url: &Url) -> Arc<dyn Paginator> {
    match style.clone() {
        Style::Single if is_declared => Arc::new(Single::Declared),
        Style::Single => Arc::new(Single::Assumed),
        Style::NextUrl { method, next, origin, relative_to } => Arc::new(NextUrl {
            next,
            base: match relative_to {
                RelativeTo::Response => Base::Response,
                RelativeTo::Base => Base::Prefix(base_url.clone()),
            },
            origin: link_origin(origin, base_url),
            follow: if method == Method::GET { Follow::Get } else { Follow::Repeat },
        }),
        Style::LinkHeader { origin, rel } => Arc::new(NextUrl {
            next: Place::Link { rel, parameter: None }.into(),
            base: Base::Response,
            origin: link_origin(origin, base_url),
            follow: Follow::Get,
        }),
        Style::PageNumber { param, size, start, page_count } => {
            Arc::new(PageNumber { param, size, start, page_count })
        }
        Style::Offset { param, size, start, step } => {
            let step = match (step, &size) {
                (config::OffsetStep::Size, Some((_, size))) => OffsetStep::Size(*size),
                _ => OffsetStep::Received,
            };
            Arc::new(Offset { param, size, start, step })
        }
        Style::Cursor { param, cursor, repeats } => {
            let renewal = if repeats { Renewal::Never } else { Renewal::EachPage };
            Arc::new(Token { param, cursor, renewal })
        }
    }
}

fn link_origin(origin: config::LinkOrigin, base_url: &Url) -> LinkOrigin {
    match origin {
        config::LinkOrigin::Link => LinkOrigin::Named,
        config::LinkOrigin::Keep => LinkOrigin::Kept(base_url.clone()),
    }
}

fn ends(stream: &Stream) -> Ends {
    let config::Ends { end, ends_at_total, identical_pages, max_empty, more, size, ties, total } =
        stream.pages.ends.clone();
    let records_missing = match stream.records_missing {
        config::RecordsMissing::Error => RecordsMissing::Suspicious,
        config::RecordsMissing::Empty => RecordsMissing::Empty,
    };
    let default = Ends::default();
    let max_empty = max_empty.map_or(default.max_empty, NonZeroU64::get);
    let hides_records = matches!(stream.pages.style, Style::Offset { step: config::OffsetStep::Size, .. });
    Ends {
        more,
        total,
        at_total: ends_at_total,
        last: end,
        max_empty,
        may_repeat: identical_pages.unwrap_or(default.may_repeat),
        may_tie: ties.unwrap_or(default.may_tie),
        size,
        hides_records,
        records_missing,
    }
}

fn headers(
    loaded: &Loaded,
    name: &str,
    stream: &Stream,
    environment: &[(OsString, OsString)],
    secrets: &longhaul_core::Secrets,
) -> Result<HeaderMap, ConfigError> {
    let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    let below = format!("streams.{name}");
    for (table, configured) in [("api", &loaded.config.api.headers), (below.as_str(), &stream.headers)] {
        add(&mut headers, loaded, table, configured, environment, secrets)?;
    }
    Ok(headers)
}

/// Headers that the transport sets.
const TRANSPORT_HEADERS: [HeaderName; 5] = [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE];

/// Adds the configured headers. Any of them may be a secret, so all are marked as sensitive.
fn add(
    headers: &mut HeaderMap,
    loaded: &Loaded,
    table: &str,
    configured: &Secrets,
    environment: &[(OsString, OsString)],
    secrets: &longhaul_core::Secrets,
) -> Result<(), ConfigError> {
    for (name, source) in configured {
        let key = format!("{table}.headers.{name}");
        let invalid =
            |clause| ConfigError::new(format!("`{key}`: {clause}")).at(&key, loaded.origin_of(&key));
        let header = HeaderName::try_from(name).map_err(|_| invalid("not a valid header name"))?;
        if TRANSPORT_HEADERS.contains(&header) {
            return Err(invalid("longhaul sets this header itself"));
        }
        if loaded.config.auth.carrier().is_some_and(|carrier| carrier.uses(&header)) {
            return Err(invalid(
                "this header carries the token; to set your own, use `auth.type = \"none\"`",
            ));
        }
        let text = source.resolve(environment)?;
        if source.is_hidden() || header == AUTHORIZATION || config::sounds_secret(name) {
            secrets.add(&text);
        }
        // What is read from elsewhere is no template.
        let template =
            if source.is_hidden() { text.expose().replace('{', "{{") } else { text.expose().to_owned() };
        let mut value = HeaderValue::try_from(template).map_err(|_| {
            invalid("the value contains a line break or control character, which a header cannot contain")
        })?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(())
}
