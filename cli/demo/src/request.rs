//! Reads requests from a connection (RFC 9112).

use std::io::{BufRead, Write};

use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::{
    body,
    errors::ApiError,
    head::{Headers, Unreadable, fields, is_token, line},
};

/// A complete request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
    /// Whether the client wants to reuse the connection.
    pub(crate) keeps_alive: bool,
}

impl Request {
    /// Reads the next request. Sends `100 Continue` to a `client` that waits for it before it sends the body.
    pub(crate) fn read(from: &mut impl BufRead, client: &mut impl Write) -> Result<Self, Unreadable> {
        let mut start = line(from)?;
        if start.is_empty() {
            // RFC 9112 §2.2: an empty line before the request line is ignored.
            start = line(from)?;
        }
        let (mut request, version) = Self::start(&start)?;
        request.headers = fields(from)?;
        if version == "HTTP/1.1" && request.headers.all("host").count() != 1 {
            return Err(Unreadable::malformed("exactly one Host field is needed"));
        }
        request.keeps_alive = match request.headers.find("connection").map(str::to_ascii_lowercase) {
            Some(options) => {
                options.contains("keep-alive") || version == "HTTP/1.1" && !options.contains("close")
            }
            None => version == "HTTP/1.1",
        };
        let framing = body::framing(&request.headers)?;
        if request.headers.find("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.body = body::read(from, framing)?;
        Ok(request)
    }

    /// The first value of the query parameter `name`.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn parameters(&self) -> impl Iterator<Item = (String, String)> {
        form_urlencoded::parse(self.query.as_bytes()).into_owned()
    }

    /// The body as JSON; an empty body counts as `{}`.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let text: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(text)
            .map_err(|error| ApiError::bad_request(format!("The request body is not valid: {error}.")))
    }

    /// Parses the request line (RFC 9112 §3); also returns its version.
    fn start(line: &str) -> Result<(Self, &str), Unreadable> {
        let mut words = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Unreadable::malformed("the request line is not `method target version`"));
        };
        if method.is_empty() || !method.bytes().all(is_token) {
            return Err(Unreadable::malformed("the method is no token"));
        }
        if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
            return Err(Unreadable::Malformed {
                status: 505,
                problem: "only HTTP/1.1 and HTTP/1.0 are spoken here",
            });
        }
        // RFC 9112 §3.2.2: the absolute form is accepted, too. `*` and authorities match no route.
        let origin_form = match target.split_once("://") {
            Some((_, rest)) if !target.starts_with('/') => rest.find('/').map_or("/", |at| &rest[at..]),
            _ => target,
        };
        let (path, query) = origin_form.split_once('?').unwrap_or((origin_form, ""));
        let request =
            Self { method: method.into(), path: path.into(), query: query.into(), ..Self::default() };
        Ok((request, version))
    }
}

#[cfg(test)]
mod tests {
    use super::{Request, Unreadable};

    fn read(text: &str) -> Result<Request, Unreadable> {
        Request::read(&mut text.as_bytes(), &mut Vec::new())
    }

    fn refusal(text: &str) -> (u16, &'static str) {
        match read(text).unwrap_err() {
            Unreadable::Malformed { status, problem } => (status, problem),
            Unreadable::Gone => (0, "gone"),
        }
    }

    #[test]
    fn a_request_is_taken_apart() {
        let request =
            read("\r\nPOST /a/b?x=1%202&y HTTP/1.1\r\nHost: h\r\nX-A:\t b \r\nContent-Length: 2\r\n\r\nhi!")
                .unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/a/b"));
        assert_eq!(request.parameter("x").as_deref(), Some("1 2"));
        assert_eq!(request.parameter("y").as_deref(), Some(""));
        assert_eq!(request.headers.find("x-a"), Some("b"));
        assert_eq!(request.body, b"hi");
        assert!(request.keeps_alive);
    }

    #[test]
    fn the_absolute_form_is_understood() {
        let path = |target: &str| read(&format!("GET {target} HTTP/1.0\n\n")).unwrap().path;
        assert_eq!(path("http://h:1/a?b"), "/a");
        assert_eq!(path("http://h"), "/");
        assert_eq!(path("/a?u=http://h/b"), "/a");
    }

    #[test]
    fn a_connection_is_kept_as_the_version_and_the_field_say() {
        let kept = |version: &str, field: &str| {
            read(&format!("GET / {version}\r\nHost: h\r\n{field}\r\n")).unwrap().keeps_alive
        };
        assert!(kept("HTTP/1.1", ""));
        assert!(!kept("HTTP/1.1", "Connection: Close\r\n"));
        assert!(!kept("HTTP/1.0", ""));
        assert!(kept("HTTP/1.0", "Connection: keep-alive\r\n"));
    }

    #[test]
    fn a_client_that_waits_is_told_to_go_on() {
        let mut sent = Vec::new();
        let text = "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx";
        assert_eq!(Request::read(&mut text.as_bytes(), &mut sent).unwrap().body, b"x");
        assert_eq!(sent, b"HTTP/1.1 100 Continue\r\n\r\n");
    }

    #[test]
    fn what_is_no_request_is_refused_with_the_reason() {
        assert_eq!(refusal("GET /\r\n\r\n"), (400, "the request line is not `method target version`"));
        assert_eq!(refusal("G{T / HTTP/1.1\r\n\r\n"), (400, "the method is no token"));
        assert_eq!(refusal("GET / HTTP/2\r\n\r\n"), (505, "only HTTP/1.1 and HTTP/1.0 are spoken here"));
        assert_eq!(refusal("GET / HTTP/1.1\r\n\r\n"), (400, "exactly one Host field is needed"));
        assert_eq!(refusal("GET / HTTP/1.1\r\nHost: h\r\n a\r\n\r\n"), (400, "a field line has no colon"));
        assert_eq!(refusal("GET / HTTP/1.1\r\nHost : h\r\n\r\n"), (400, "a field name is no token"));
        assert_eq!(refusal("GET / HTTP/1.1\r\nA: \0\r\n\r\n"), (400, "a line has control characters"));
        let long = "x".repeat(20_000);
        assert_eq!(refusal(&format!("GET /{long} HTTP/1.1\r\n\r\n")), (431, "a line is too long"));
        let many = "A: b\r\n".repeat(101);
        assert_eq!(refusal(&format!("GET / HTTP/1.1\r\n{many}\r\n")), (431, "the head is too large"));
        assert_eq!(refusal(""), (0, "gone"));
        assert_eq!(refusal("GET / HTTP/1.1\r\nHost: h"), (0, "gone"));
    }
}
