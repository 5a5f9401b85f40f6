//! From `[streams.*]` to a listing.

use std::ffi::OsString;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header::ACCEPT};
use longhaul_core::{
    Body, Replay, Request,
    pages::Listing,
    paginate::{Base, Follow, LinkHeader, NextUrl, Offset, PageNumber, Paginator, Renewal, Single, Token},
    sink::Site,
};
use serde_json::Value;
use url::Url;

use crate::{
    config::{ConfigError, Loaded, Pages, RelativeTo, Secrets, Stream},
    failure::Failure,
};

/// The listing of the stream `name`. Placeholders in its path, query and body stand for what they do at `site`.
pub(crate) fn listing(
    loaded: &Loaded,
    name: &str,
    stream: &Stream,
    site: &Site,
    environment: &[(OsString, OsString)],
) -> Result<Listing, Failure> {
    let key = |below: &str| format!("streams.{name}.{below}");
    let wrong = |below: &str, clause: String| {
        let key = key(below);
        ConfigError::new(format!("`{key}`: {clause}")).at(&key, loaded.origin_of(&key))
    };
    let base_url = &loaded.config.api.base_url;
    let mut url = below(base_url, &site.fill(&stream.path))
        .map_err(|error| wrong("path", format!("this does not make a URL: {error}")))?;
    if !stream.query.is_empty() {
        let mut query = url.query_pairs_mut();
        for (parameter, values) in &stream.query {
            query.extend_pairs(values.as_slice().iter().map(|value| (parameter, site.fill(value))));
        }
    }
    let body = match &stream.body {
        None => Body::Empty,
        Some(body) => Body::Json(filled(body.read(&key("body"), &loaded.origin_of(&key("body")))?, site)),
    };
    let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    add(&mut headers, &loaded.config.api.headers, environment, |name| {
        (format!("api.headers.{name}"), loaded)
    })?;
    add(&mut headers, &stream.headers, environment, |name| (key(&format!("headers.{name}")), loaded))?;
    let replay = if stream.idempotent { Replay::Harmless } else { Replay::OnlyUnseen };
    let request = Request { method: stream.method.clone(), url, headers, body, replay };
    let paginator = paginator(&stream.pages, base_url);
    Ok(Listing { request, records: stream.records.clone(), paginator })
}

/// `path` appended to the base URL, whose own path is kept.
fn below(base_url: &Url, path: &str) -> Result<Url, url::ParseError> {
    Url::parse(&format!("{}{path}", base_url.as_str().trim_end_matches('/')))
}

fn paginator(pages: &Pages, base_url: &Url) -> Box<dyn Paginator> {
    match pages {
        Pages::Single => Box::new(Single),
        Pages::Cursor { cursor, more, param, repeats } => Box::new(Token {
            param: param.clone(),
            cursor: cursor.clone(),
            more: more.clone(),
            renewal: if *repeats { Renewal::Never } else { Renewal::EachPage },
        }),
        Pages::LinkHeader { rel } => Box::new(LinkHeader { rel: rel.clone() }),
        Pages::Offset { param, size, start, total } => {
            Box::new(Offset { param: param.clone(), size: size.clone(), start: *start, total: total.clone() })
        }
        Pages::PageNumber { page_count, param, size, start, total } => Box::new(PageNumber {
            param: param.clone(),
            size: size.clone(),
            start: *start,
            page_count: page_count.clone(),
            total: total.clone(),
        }),
        Pages::NextUrl { method, next, relative_to } => Box::new(NextUrl {
            next: next.clone(),
            base: match relative_to {
                RelativeTo::Response => Base::Response,
                RelativeTo::Base => Base::Prefix(base_url.clone()),
            },
            follow: if *method == Method::GET { Follow::Get } else { Follow::Repeat },
        }),
    }
}

/// Any configured header may hold a secret, so each is marked sensitive.
fn add<'l>(
    headers: &mut HeaderMap,
    configured: &Secrets,
    environment: &[(OsString, OsString)],
    key: impl Fn(&str) -> (String, &'l Loaded),
) -> Result<(), ConfigError> {
    for (name, source) in configured {
        let (key, loaded) = key(name);
        let wrong = |clause| ConfigError::new(format!("`{key}`: {clause}")).at(&key, loaded.origin_of(&key));
        let header = HeaderName::try_from(name).map_err(|_| wrong("this is not the name of a header"))?;
        let text = source.resolve(environment)?;
        let mut value = HeaderValue::try_from(text.expose()).map_err(|_| {
            wrong("its value has a line break or control character, which no header can carry")
        })?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(())
}

/// The placeholders in every string of a body.
fn filled(value: Value, site: &Site) -> Value {
    match value {
        Value::String(text) => Value::String(site.fill(&text)),
        Value::Array(elements) => elements.into_iter().map(|element| filled(element, site)).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, member)| (name, filled(member, site))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_base_url_is_kept() {
        let url = |base: &str, path| below(&base.parse().unwrap(), path).unwrap().to_string();
        assert_eq!(
            url("https://gw.example/genesys/", "/api/v2/users?a=1"),
            "https://gw.example/genesys/api/v2/users?a=1"
        );
        assert_eq!(url("https://api.example", "/api/v2/users"), "https://api.example/api/v2/users");
    }

    #[test]
    fn placeholders_in_a_body_are_filled_at_any_depth() {
        let site = Site::new("calls", "/").with("date", "2026-01-02");
        let body = serde_json::json!({ "a": ["{date}", { "b": "{stream}/{other}" }], "c": 1 });
        assert_eq!(
            filled(body, &site),
            serde_json::json!({ "a": ["2026-01-02", { "b": "calls/{other}" }], "c": 1 })
        );
    }
}
