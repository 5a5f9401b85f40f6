//! Reads the first answer, which must be a page of JSON.

use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::{request::FirstRequest, trial::RawPage};
use crate::{exit::Exit, terminal::failure::Failure};

/// The body of the page: an array or an object.
pub(super) fn json(page: &RawPage, request: &FirstRequest) -> Result<Value, Failure> {
    let body = page.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&page.body);
    let text = body.trim_ascii_start();
    if text.is_empty() {
        let hint = "give the URL of a listing that has records";
        return Err(Failure::new(Exit::Api, "the answer is empty").hint(hint));
    }
    let media_type = page.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if text.starts_with(b"<") || media_type == "text/html" {
        let kind = if media_type.ends_with("xml") { "XML" } else { "HTML" };
        if page.url.path() != request.path {
            let place = format!("{}{}", page.url.origin().ascii_serialization(), page.url.path());
            let error = format!("the API redirects to `{place}`, which is {kind}, not JSON");
            let hint = "if that is a page for people to log in, put a token into an environment variable, and name that: \
                        --token-env NAME; otherwise, give the URL of the API instead of that of a website";
            return Err(Failure::new(Exit::Api, error).hint(hint));
        }
        let hint = "give the URL of the API instead of that of a website; some APIs need a header, such as \
                    --header 'Accept: application/json'";
        return Err(Failure::new(Exit::Api, format!("the answer is {kind}, not JSON")).hint(hint));
    }
    match serde_json::from_slice(body) {
        Ok(body @ (Value::Array(_) | Value::Object(_))) => match error(&body) {
            Some(message) => {
                let error = format!("the API reports an error, although the status is a success: {message}");
                Err(Failure::new(Exit::Api, error).hint("check the URL against the documentation of the API"))
            }
            None => Ok(body),
        },
        Ok(_) => {
            let hint = "give the URL of a listing";
            Err(Failure::new(Exit::Api, "the answer is neither a list nor an object").hint(hint))
        }
        Err(_) => {
            let kind =
                if media_type.is_empty() { String::new() } else { format!("; its type is `{media_type}`") };
            let hint =
                "for NDJSON or CSV, write the stream yourself, with `format = \"ndjson\"` or `\"csv\"`";
            Err(Failure::new(Exit::Api, format!("the answer is not JSON{kind}")).hint(hint))
        }
    }
}

/// The error that a body reports at its top, if it does, and nothing else.
fn error(body: &Value) -> Option<String> {
    let members = body.as_object()?;
    let is_refused = ["ok", "success"].iter().any(|name| members.get(*name) == Some(&Value::Bool(false)));
    let named = || ["error", "errors", "fault"].into_iter().find_map(|name| message(members.get(name)?));
    let has_list =
        members.values().any(|value| value.as_array().is_some_and(|list| list.iter().any(Value::is_object)));
    match (is_refused, named()) {
        (true, message) => Some(message.unwrap_or_else(|| "`ok` or `success` is false".to_owned())),
        (false, Some(message)) if !has_list || members.contains_key("errors") => Some(message),
        _ => None,
    }
}

/// The first text of an error.
fn message(error: &Value) -> Option<String> {
    match error {
        Value::String(text) if !text.is_empty() => Some(text.chars().take(200).collect()),
        Value::Array(errors) => errors.iter().find_map(message),
        Value::Object(members) => ["message", "error_description", "detail", "description", "title", "code"]
            .into_iter()
            .find_map(|name| message(members.get(name)?)),
        _ => None,
    }
}
