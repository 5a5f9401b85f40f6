//! The error responses of an API.

use std::fmt;

use http::StatusCode;

use super::view::View;
use crate::http::place::{Place, Places};

/// How to read the error responses of an API: where code and message are in the body, and which header field has the
/// correlation id.
#[derive(Clone, Debug)]
pub struct RefusalFormat {
    /// Where the API's error code may be.
    pub code: Places,
    /// Where the message may be.
    pub message: Places,
    /// The header fields that may hold the correlation id.
    pub correlation: Vec<String>,
}

impl Default for RefusalFormat {
    /// The formats of RFC 6749 §5.2, RFC 9457, JSON:API, FHIR and most APIs.
    fn default() -> Self {
        let pointers = |texts: &[&str]| texts.iter().filter_map(|text| text.parse::<Place>().ok()).collect();
        Self {
            code: pointers(&["/code", "/error/code", "/error", "/type", "/0/errorCode"]),
            message: pointers(&[
                "/message",
                "/error_description",
                "/description",
                "/error/message",
                "/detail",
                "/title",
                "/errors/0/message",
                "/errors/0/detail",
                "/0/message",
                "/issue/0/diagnostics",
            ]),
            correlation: ["inin-correlation-id", "x-correlation-id", "x-request-id"]
                .map(str::to_owned)
                .into(),
        }
    }
}

/// An error response: the status, and what the API said about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The status code.
    pub status: StatusCode,
    /// The API's error code.
    pub code: Option<String>,
    /// The API's message, in full.
    pub message: Option<String>,
    /// The id by which the operators of the API can find the request.
    pub correlation: Option<String>,
    /// What the user can do about it, from the rule that the response matched.
    pub hint: Option<String>,
}

impl RefusalFormat {
    /// Reads an error response. Credentials of the request that it repeats are replaced by `***`.
    pub(crate) fn read(&self, view: &View<'_>) -> Refusal {
        let first = |places: &Places| Some(view.redact(&view.text(places)?));
        let correlation = self.correlation.iter().find_map(|name| view.header(name));
        Refusal {
            status: view.status,
            code: first(&self.code),
            message: first(&self.message),
            correlation: correlation.map(|id| view.redact(id)),
            hint: None,
        }
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.status.as_u16())?;
        if let Some(reason) = self.status.canonical_reason() {
            write!(f, " {reason}")?;
        }
        // The text is shortened only here, after redaction, because half a secret is not recognized.
        let [code, message, correlation] =
            [&self.code, &self.message, &self.correlation].map(|text| text.as_deref().map(presentable));
        match (code, message) {
            (Some(code), Some(message)) if code != message => write!(f, ": `{code}`: {message}"),
            (Some(text), _) | (None, Some(text)) => write!(f, ": {text}"),
            (None, None) => Ok(()),
        }?;
        match correlation {
            Some(id) => write!(f, " (correlation id {id})"),
            None => Ok(()),
        }
    }
}

/// `text` as one line of at most 500 characters, without control characters that a terminal would obey.
pub(crate) fn presentable(text: &str) -> String {
    const LONGEST: usize = 500;
    let mut line: String =
        text.chars().map(|c| if is_steering(c) { ' ' } else { c }).take(LONGEST + 1).collect();
    if line.chars().count() > LONGEST {
        line.pop();
        line.push('…');
    }
    line.trim().to_owned()
}

/// Control characters, and those that change the direction of writing.
fn is_steering(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};

    use super::*;
    use crate::http::{request::Request, secret::Secrets, transport::Response};

    fn read(status: u16, body: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("ININ-Correlation-Id", HeaderValue::from_static("c0ffee"));
        let status = StatusCode::from_u16(status).unwrap();
        let response = Response::new(status, headers, body.as_bytes().to_vec());
        let mut request = Request::new(Method::GET, "https://api.example/".parse().unwrap());
        let mut bearer = HeaderValue::from_static("Bearer t0ken");
        bearer.set_sensitive(true);
        request.headers.insert("authorization", bearer);
        RefusalFormat::default().read(&View::new(&response, &request, &Secrets::default())).to_string()
    }

    #[test]
    fn the_apis_own_words_are_found() {
        assert_eq!(
            read(
                403,
                r#"{"message":"No permission","code":"missing.permissions","status":403,"contextId":"c0ffee"}"#
            ),
            "the server answered 403 Forbidden: `missing.permissions`: No permission (correlation id c0ffee)"
        );
        assert_eq!(
            read(400, r#"{"error":"invalid_client","description":"client not found"}"#),
            "the server answered 400 Bad Request: `invalid_client`: client not found (correlation id c0ffee)"
        );
        assert_eq!(read(502, "<html>"), "the server answered 502 Bad Gateway (correlation id c0ffee)");
        assert_eq!(read(599, r#"{"detail":"x"}"#), "the server answered 599: x (correlation id c0ffee)");
    }

    #[test]
    fn a_quoted_token_is_left_out_and_control_characters_are_too() {
        assert_eq!(
            read(403, "{\"message\":\"token t0ken is\\u001b[31m\\u202e\\nbad\"}"),
            "the server answered 403 Forbidden: token *** is [31m  bad (correlation id c0ffee)"
        );
        let long = read(403, &format!(r#"{{"message":"{}"}}"#, "x".repeat(9000)));
        assert!(long.len() < 600, "{long}");
    }
}
