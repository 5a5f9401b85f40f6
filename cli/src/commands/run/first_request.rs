//! The first request of a pull, without secrets.

use std::fmt::Write;

use longhaul_core::{
    Body, ShownUrl,
    http::request::Request,
    pull::PullError,
    sink::Variables,
    state::{Start, Summary},
};
use serde_json::Value;

use crate::{config::sounds_secret, session::plan::Planned, terminal::failure::Failure};

/// Stands for a secret.
const HIDDEN: &str = "***";

/// The first request of the pull: the method and the URL, the header fields, and the content.
pub(super) fn shown(
    pull: &Planned<'_>,
    variables: Variables,
    start: Option<&Start>,
) -> Result<String, Failure> {
    // The values of parents are not known yet, so their placeholders stay.
    let names = pull.source.each.iter();
    let variables = names.fold(variables, |variables, name| variables.with(name, format!("{{{name}}}")));
    let failed = |error: PullError| Failure::of_pull(pull.name, error, &Summary::default(), None);
    let request = if let Some(job) = &pull.source.job {
        job.submit.at(&variables).map_err(|error| failed(error.into()))?
    } else {
        let listing = pull.source.listing(&variables, start).map_err(failed)?;
        let mut request = listing.request;
        let prepared = listing.paginator.prepare(&mut request, None);
        prepared.map_err(|error| failed(PullError::Page(error.into())))?;
        request
    };
    Ok(text(&request))
}

fn text(request: &Request) -> String {
    let mut url = ShownUrl::from(&request.url).to_string();
    let query = request.url.query_pairs().map(|(name, value)| format!("{name}={}", hidden(&name, &value)));
    let query = query.collect::<Vec<_>>().join("&");
    if !query.is_empty() {
        url = format!("{url}?{query}");
    }
    let url = url.replace("%7B", "{").replace("%7D", "}");
    let mut text = format!("{} {url}", request.method);
    for (name, value) in &request.headers {
        let value = value.to_str().ok().filter(|_| !value.is_sensitive()).unwrap_or(HIDDEN);
        // Writing to a string does not fail.
        let _ = write!(text, "\n{name}: {value}");
    }
    let content = match &request.body {
        // Only requests to object stores have a stream.
        Body::Empty | Body::Stream(_) => return text,
        Body::Json(body) => {
            let shown = without_secrets(body.value());
            if shown == *body.value() { body.to_string() } else { shown.to_string() }
        }
        Body::Form(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}={}", hidden(name, value)));
            fields.collect::<Vec<_>>().join("&")
        }
        Body::Text { text, .. } => text.clone(),
    };
    text + "\n" + &content
}

fn hidden<'v>(name: &str, value: &'v str) -> &'v str {
    if sounds_secret(name) { HIDDEN } else { value }
}

/// `value` without the members whose names are those of secrets.
fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(without_secrets).collect(),
        Value::Object(members) => {
            let shown = |(name, member): (&String, &Value)| {
                let member = if sounds_secret(name) { HIDDEN.into() } else { without_secrets(member) };
                (name.clone(), member)
            };
            Value::Object(members.iter().map(shown).collect())
        }
        other => other.clone(),
    }
}
