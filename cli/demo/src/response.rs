//! Responses.

use std::fmt::Write as _;

/// A response, before it is written.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) media_type: &'static str,
    pub(crate) body: String,
}

/// Whether the connection stays open after a response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Persistence {
    Close,
    KeepAlive,
}

impl Response {
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self { status, headers: Vec::new(), media_type: "application/json", body }
    }

    pub(crate) fn no_content() -> Self {
        Self::json(204, String::new())
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The whole message (RFC 9112 §2.1), for a single write: writing the header and the body separately would run into
    /// Nagle's algorithm.
    pub(crate) fn message(&self, persistence: Persistence) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let mut field = |name: &str, value: &str| {
            // Writing to a string does not fail.
            let _ = write!(head, "{name}: {value}\r\n");
        };
        self.headers.iter().for_each(|(name, value)| field(name, value));
        // RFC 9110 §8.6: a 204 has neither a body nor a length.
        if self.status != 204 {
            field("Content-Type", self.media_type);
            field("Content-Length", &self.body.len().to_string());
        }
        if persistence == Persistence::Close {
            field("Connection", "close");
        }
        head.push_str("\r\n");
        head.push_str(&self.body);
        head.into_bytes()
    }
}

/// The reason phrases (RFC 9110 §15) of the statuses used here.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::{Persistence, Response};

    #[test]
    fn a_message_has_its_length_and_204_has_none() {
        let ok = Response { headers: vec![("A", "b".into())], ..Response::json(200, "{\"ö\":1}".into()) };
        assert_eq!(
            String::from_utf8(ok.message(Persistence::Close)).unwrap(),
            "HTTP/1.1 200 OK\r\nA: b\r\nContent-Type: application/json\r\nContent-Length: 8\r\nConnection: close\r\n\r\n{\"ö\":1}"
        );
        let none = Response::no_content().message(Persistence::KeepAlive);
        assert_eq!(none, b"HTTP/1.1 204 No Content\r\n\r\n");
    }
}
