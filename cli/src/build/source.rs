//! Builds sources from `[streams.*]`.

use std::{ffi::OsString, num::NonZeroU64, sync::Arc};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE},
};
use jiff::{SignedDuration, SpanRelativeTo};
use longhaul_core::{
    Client, Replay, Source, Template,
    http::place::Place,
    listing::{
        end::{Ends, RecordsMissing},
        paginate::{
            Base, Follow, LinkOrigin, NextUrl, Offset, OffsetStep, PageNumber, Paginator, Renewal, Single,
            Token,
        },
    },
    pull::{
        job::{Cancel, Job, JobState},
        window::Windows,
    },
};
use url::Url;

use crate::{
    build::rules,
    config::{self, Body, ConfigError, Loaded, Origin, Query, RelativeTo, Secrets, Stream, Style},
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
    let requests = Requests { loaded, name, headers: headers(loaded, name, stream, environment, secrets)? };
    let replay = if stream.idempotent { Replay::Harmless } else { Replay::OnlyUnseen };
    let first = Template {
        method: stream.method.clone(),
        query: pairs(&stream.query),
        body: requests.body("body", stream.body.as_ref())?,
        replay,
        ..requests.get(&stream.path)
    };
    let job = stream.job.as_ref().map(|job| requests.job(job, shutdown_client)).transpose()?;
    let is_declared = loaded.origin_of(&format!("streams.{name}.pages.type")) != Origin::Default;
    Ok(Source {
        first,
        records: stream.records.clone(),
        paginator: paginator(&stream.pages.style, is_declared, &loaded.config.api.base_url),
        ends: ends(stream),
        rules: Arc::new(rules::of_stream(&loaded.config, stream)),
        unique: stream.unique.clone(),
        job,
        windows: stream.window.as_ref().map(windows),
        concurrency: stream.concurrency.get(),
    })
}

/// Builds the requests of a stream.
struct Requests<'a> {
    loaded: &'a Loaded,
    name: &'a str,
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
            body: None,
            replay: Replay::Harmless,
        }
    }

    fn body(&self, below: &str, body: Option<&Body>) -> Result<Option<serde_json::Value>, ConfigError> {
        let key = format!("streams.{}.{below}", self.name);
        body.map(|body| body.read(&key, &self.loaded.origin_of(&key))).transpose()
    }

    fn job(
        &self,
        job: &config::Job,
        shutdown_client: impl FnOnce() -> Result<Client, Failure>,
    ) -> Result<Job, Failure> {
        let submit = Template {
            method: job.submit.method.clone(),
            query: pairs(&job.submit.query),
            body: self.body("job.submit.body", job.submit.body.as_ref())?,
            // A submission is not a read: two of them create two jobs.
            replay: Replay::OnlyUnseen,
            ..self.get(&job.submit.path)
        };
        let cancel = job.cancel.as_ref().map(|cancel| {
            let request = Template { method: cancel.method.clone(), ..self.get(&cancel.path) };
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
    let config::Ends { end, ends_at_total, max_empty, more, size, total } = stream.pages.ends.clone();
    let records_missing = match stream.records_missing {
        config::RecordsMissing::Error => RecordsMissing::Suspicious,
        config::RecordsMissing::Empty => RecordsMissing::Empty,
    };
    let default = Ends::default();
    let max_empty = max_empty.map_or(default.max_empty, NonZeroU64::get);
    let hides_records = matches!(stream.pages.style, Style::Offset { step: config::OffsetStep::Size, .. });
    Ends { more, total, at_total: ends_at_total, last: end, max_empty, size, hides_records, records_missing }
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
        let mut value = HeaderValue::try_from(text.expose()).map_err(|_| {
            invalid("the value contains a line break or control character, which a header cannot contain")
        })?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(())
}
