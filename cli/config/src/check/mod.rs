//! Checks that concern more than one key.

mod auth;
mod incremental;
mod rate;
mod requests;
mod stores;

use std::cmp::Ordering;

use jiff::{Span, SpanRelativeTo};
use longhaul_core::{client::answer::Then, http::template::reference, pull::job::JobState, suggest};
use url::Url;

use crate::{
    error::ConfigError,
    load::{keys, stack::Stack},
    origin::Origin,
    parents,
    sections::{
        answers::Answer,
        job::{Job, State},
        pages::Style,
        root::Config,
        sink::STANDARD_OUTPUT,
        stream::Stream,
        window::Bounds,
    },
    tree,
    values::http_url,
};

/// Checks `config`, which was read from `stack`, and returns warnings. A stream of the preset is checked only if
/// another layer extends it, because it may be incomplete until then.
pub(super) fn check(config: &Config, stack: &Stack) -> Result<Vec<String>, ConfigError> {
    let check = Check { config, stack };
    let mut warnings = Vec::new();
    let streams = stack.own_streams().into_iter().filter_map(|name| Some((name, config.streams.get(name)?)));
    let streams = streams.map(|(name, stream)| check.stream(name, stream).map(|of| warnings.extend(of)));
    let all = [
        check.names(),
        check.environment(),
        check.auth(),
        check.client_certificate(),
        check.plain_http(),
        check.stores(),
        check.state_dir(),
        check.rate_headers(),
        check.api_headers(),
    ];
    ConfigError::all(all.into_iter().chain(streams))?;
    Ok(warnings)
}

/// Checks one stream, and returns a warning if there is one.
pub(super) fn stream(
    config: &Config,
    stack: &Stack,
    name: &str,
    stream: &Stream,
) -> Result<Option<String>, ConfigError> {
    Check { config, stack }.stream(name, stream)
}

/// A day has 24 hours, as far as `min_slice` is concerned.
const DAYS: SpanRelativeTo<'static> = SpanRelativeTo::days_are_24_hours();

/// What a response to a request of a job can mean.
const OF_JOBS: [Then; 6] = [Then::Page, Then::Retry, Then::Throttle, Then::Wait, Then::Renew, Then::Fail];

/// What a page of a stream without a window can mean.
const WITHOUT_WINDOW: [Then; 9] = [
    Then::Page,
    Then::End,
    Then::Retry,
    Then::Throttle,
    Then::Wait,
    Then::Renew,
    Then::Restart,
    Then::Skip,
    Then::Fail,
];

struct Check<'c> {
    config: &'c Config,
    stack: &'c Stack,
}

impl Check<'_> {
    /// Names are parts of environment variables, which separate levels by two underscores and have no case.
    fn names(&self) -> Result<(), ConfigError> {
        let streams = self.config.streams.keys().map(|name| ("streams", name));
        let names = streams.chain(self.config.sinks.keys().map(|name| ("sinks", name)));
        ConfigError::all(names.map(|(table, name)| {
            let plain = name.starts_with(|first: char| first.is_ascii_lowercase())
                && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
                && !name.contains("__");
            if plain {
                return Ok(());
            }
            let error = self.error(&[table, name], |key| format!("`{key}`: `{name}` is not a valid name"));
            Err(error
                .with_hint("use lower-case letters, digits and single underscores, and start with a letter"))
        }))
    }

    /// The meaning of variables must be known before they are read.
    fn environment(&self) -> Result<(), ConfigError> {
        let written = |name: &&String| {
            let origin = self.stack.origin(&["environment".to_owned(), (*name).clone()]);
            matches!(origin, Origin::Command { .. } | Origin::Environment { .. } | Origin::Flag { .. })
        };
        ConfigError::all(self.config.environment.keys().filter(written).map(|name| {
            Err(self.error(&["environment", name], |key| format!("`{key}` can only be set in a file")))
        }))
    }

    /// Credentials are sent over plain http only to this machine, unless the user allows it.
    fn plain_http(&self) -> Result<(), ConfigError> {
        let api = &self.config.api;
        let origins = api.allowed_origins.iter().map(|url| (["api", "allowed_origins"], url));
        let token = self.config.auth.grant().map(|grant| (["auth", "token_url"], &grant.token_url));
        let exposed = |url: &Url| url.scheme() == "http" && !http_url::is_loopback(url);
        let urls = std::iter::once((["api", "base_url"], &api.base_url)).chain(origins).chain(token);
        ConfigError::all(urls.filter(|(_, url)| !api.allow_http && exposed(url)).map(|(path, url)| {
            let host = url.host_str().unwrap_or_default();
            let message =
                |key: &str| format!("`{key}`: plain http would send credentials to `{host}` unencrypted");
            Err(self.error(&path, message).with_hint("use https, or set `api.allow_http` to true"))
        }))
    }

    fn stream(&self, name: &str, stream: &Stream) -> Result<Option<String>, ConfigError> {
        ConfigError::all([
            self.needs(name),
            self.belongs(&["streams", name, "pages"]),
            self.paths(name, stream),
            self.window(name, stream),
            self.job(name, stream),
            self.bounds(name, stream),
            self.incremental(name, stream),
            self.parents(name, stream).and_then(|()| self.requests(name, stream)),
            self.format(name, stream),
            match &stream.job {
                Some(job) => self.answers(&["streams", name, "job"], &job.answers, &OF_JOBS),
                None => Ok(()),
            },
            match &stream.window {
                Some(_) => Ok(()),
                None => self.answers(&["streams", name], &stream.answers, &WITHOUT_WINDOW),
            },
            self.sinks(name, stream),
        ])?;
        let sends_body_by_get = stream.content().is_some() && stream.method == http::Method::GET;
        let warning = || {
            format!("`streams.{name}` sends a body with `GET`, which few servers read; did you mean `POST`?")
        };
        Ok(sends_body_by_get.then(warning))
    }

    /// What only the user can set is not left as the preset has it.
    fn needs(&self, name: &str) -> Result<(), ConfigError> {
        let needed = self.config.about.needs.keys().filter_map(|key| {
            let path: Vec<_> =
                toml_edit::Key::parse(key).ok()?.iter().map(|name| name.get().to_owned()).collect();
            (path.first()? == "streams" && path.get(1)? == name).then_some(path)
        });
        ConfigError::all(needed.map(|path| {
            let is_set = self.stack.by_user(self.stack.origin(&path)) != Origin::Default;
            if is_set { Ok(()) } else { Err(self.stack.missing(&path, self.stack.origin(&path[..2]))) }
        }))
    }

    fn parents(&self, name: &str, stream: &Stream) -> Result<(), ConfigError> {
        match &stream.each {
            Some(each) => parents::check(self.config, self.stack, name, each),
            None => Ok(()),
        }
    }

    fn sinks(&self, name: &str, stream: &Stream) -> Result<(), ConfigError> {
        let has = |sink: &String| sink == STANDARD_OUTPUT || self.config.sinks.contains_key(sink);
        let sinks = stream.sinks.iter().enumerate().filter(|(_, sink)| !has(sink));
        ConfigError::all(sinks.map(|(index, sink)| {
            let suggestion = suggest::closest(sink, self.config.sinks.keys());
            let message = format!("unknown sink `{sink}`{suggestion}");
            let error = self.error_in_list(&["streams", name, "sinks"], index, &message);
            Err(error.with_hint(format!("add a table `[sinks.{sink}]`")))
        }))
    }

    /// Paths are appended to `api.base_url`, so they must start with a slash.
    fn paths(&self, name: &str, Stream { path, window, job, .. }: &Stream) -> Result<(), ConfigError> {
        let mut paths: Vec<(&[&str], &String)> = vec![(&["path"], path)];
        if let Some(available) = window.as_ref().and_then(|window| window.available.as_ref()) {
            paths.push((&["window", "available", "path"], &available.path));
        }
        if let Some(job) = job {
            paths.extend([(&["job", "submit", "path"][..], &job.submit.path), (&["job", "poll"], &job.poll)]);
            paths.extend(job.cancel.iter().map(|cancel| (&["job", "cancel", "path"][..], &cancel.path)));
        }
        let is_wrong = |(_, path): &(_, &String)| !path.starts_with('/') && reference(path).is_none();
        ConfigError::all(paths.into_iter().filter(is_wrong).map(|(below, path)| {
            Err(self.error(&[&["streams", name], below].concat(), |key| {
                format!("`{key}`: `{path}` does not start with `/`")
            }))
        }))
    }

    /// A request to an API that includes the end of a range must not name it, or duplicates must be dropped.
    fn bounds(&self, name: &str, stream: &Stream) -> Result<(), ConfigError> {
        let is_closed = stream.window.as_ref().is_some_and(|window| window.bounds == Bounds::Closed);
        if !is_closed || stream.unique.is_some() {
            return Ok(());
        }
        let values = self.stack.values();
        let texts =
            tree::at(&values, &["streams", name]).and_then(|stream| stream.as_dict()).map(tree::leaves);
        let names_end =
            |value: &figment::value::Value| value.as_str().is_some_and(|text| text.contains("{window.end}"));
        let Some((below, _)) = texts.into_iter().flatten().find(|(_, value)| names_end(value)) else {
            return Ok(());
        };
        let path: Vec<_> = ["streams", name].into_iter().chain(below.iter().map(String::as_str)).collect();
        let message = |key: &str| {
            format!("`{key}`: records at `{{window.end}}` arrive twice, because `bounds` is `closed`")
        };
        let hint = format!("use `{{window.last}}`, or set `streams.{name}.unique`");
        Err(self.error(&path, message).with_hint(hint))
    }

    fn window(&self, name: &str, stream: &Stream) -> Result<(), ConfigError> {
        let Some(window) = &stream.window else { return Ok(()) };
        let is_short =
            |slice: &Span| slice.compare((Span::new().seconds(1), DAYS)).is_ok_and(Ordering::is_lt);
        let of_slice = window.min_slice.filter(is_short).map(|_| {
            let path = ["streams", name, "window", "min_slice"];
            let message = |key: &str| format!("`{key}`: windows are halved at whole seconds");
            Err(self.error(&path, message).with_hint("set it to `1s` or more"))
        });
        let of_start = window.from.is_none().then(|| {
            let path = ["streams", name, "window", "from"].map(str::to_owned);
            Err(self.stack.missing(&path, self.stack.origin(&path[..2])))
        });
        ConfigError::all(of_slice.into_iter().chain(of_start))
    }

    fn job(&self, name: &str, stream: &Stream) -> Result<(), ConfigError> {
        match &stream.job {
            Some(job) if job.done.is_empty() => Err(self.error(&["streams", name, "job", "done"], |key| {
                format!("`{key}` must have at least one state")
            })),
            Some(Job { done, failed, skipped, state: None, .. }) => {
                let mut states = done.iter().chain(failed).chain(skipped);
                match states.find(|State(state)| matches!(state, JobState::Named(_))) {
                    Some(_) => {
                        let path = ["streams", name, "job", "state"].map(str::to_owned);
                        Err(self.stack.missing(&path, self.stack.origin(&path[..3])))
                    }
                    None => Ok(()),
                }
            }
            Some(Job { url: Some(urls), .. })
                if stream.pages.style != Style::Single && urls.are_several() =>
            {
                Err(self.error(&["streams", name, "pages", "type"], |key| {
                    format!("`{key}` must be `single`, because `job.url` gives several files")
                }))
            }
            _ => Ok(()),
        }
    }

    /// Refuses the rules for the requests of `table` whose effect is not one of `known`.
    fn answers(&self, table: &[&str], answers: &[Answer], known: &[Then]) -> Result<(), ConfigError> {
        let wrong = answers.iter().enumerate().filter(|(_, Answer(rule))| !known.contains(&rule.then));
        ConfigError::all(wrong.map(|(index, Answer(rule))| {
            let message = match rule.then {
                Then::Split if known == WITHOUT_WINDOW => {
                    "`then = \"split\"` requires a window, which is halved".to_owned()
                }
                then => format!("`then = \"{then}\"` has no meaning for these requests"),
            };
            let list = known.iter().map(|then| format!("`{then}`")).collect::<Vec<_>>().join(", ");
            let error = self.error_in_list(&[table, &["answers"]].concat(), index, &message);
            Err(error.with_hint(format!("use one of {list}")))
        }))
    }

    /// Refuses the keys that the table at `above` cannot have with its `type`.
    fn belongs(&self, above: &[&str]) -> Result<(), ConfigError> {
        let values = self.stack.values();
        let table = tree::at(&values, above).and_then(|table| table.as_dict());
        let kind = table.and_then(|table| table.get("type")?.as_str()).unwrap_or_default();
        let Some(known) = keys::of_type(above, kind) else { return Ok(()) };
        let names = table.into_iter().flatten().map(|(name, _)| name.as_str());
        let list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let hint = match known.len() {
            0 => format!("type `{kind}` has no other keys"),
            _ => format!("the keys of type `{kind}` are {list}"),
        };
        let message = |key: &str| format!("`{key}` is not a key of type `{kind}`");
        let foreign = names.filter(|name| *name != "type" && !known.contains(name));
        ConfigError::all(
            foreign.map(|name| Err(self.error(&[above, &[name]].concat(), message).with_hint(hint.as_str()))),
        )
    }

    /// The error in the element `index` of the list at `path`.
    fn error_in_list(&self, path: &[&str], index: usize, message: &str) -> ConfigError {
        let path: Vec<_> = path.iter().map(|name| (*name).to_owned()).collect();
        let (key, element) = (tree::dotted(&path), [index.to_string()]);
        let origin = self.stack.locate(&[&path[..], &element].concat(), self.stack.origin(&path));
        ConfigError::new(format!("`{key}`: {message}")).at(&key, origin).inside(&element)
    }

    fn error(&self, path: &[&str], message: impl Fn(&str) -> String) -> ConfigError {
        let path: Vec<_> = path.iter().map(|name| (*name).to_owned()).collect();
        let key = tree::dotted(&path);
        ConfigError::new(message(&key)).at(&key, self.stack.origin(&path))
    }
}
