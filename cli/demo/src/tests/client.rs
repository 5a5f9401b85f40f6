//! A minimal client that shows every detail of a response.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::TcpStream,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::Settings;

/// Sends one request per connection, with its token if it has one.
#[derive(Clone, Debug)]
pub(super) struct Client {
    address: String,
    token: Option<String>,
}

/// A response, with its header fields in lower case.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// The default client's credentials for Basic authentication.
pub(super) fn basic() -> String {
    let Settings { client_id, client_secret, .. } = Settings::default();
    format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{client_id}:{client_secret}")))
}

impl Client {
    pub(super) fn new(base_url: &str) -> Self {
        Self { address: base_url.trim_start_matches("http://").into(), token: None }
    }

    /// The same client with another token, or none.
    pub(super) fn with(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    /// Gets a new token.
    pub(super) fn renew(&mut self) {
        let reply = self.ask_for_token(&basic(), "grant_type=client_credentials");
        self.token = reply.json()["access_token"].as_str().map(str::to_owned);
    }

    pub(super) fn ask_for_token(&self, headers: &str, form: &str) -> Reply {
        let headers = format!("Content-Type: application/x-www-form-urlencoded\r\n{headers}");
        self.exchange("POST", "/oauth/token", &headers, form).unwrap()
    }

    pub(super) fn get(&self, target: &str) -> Reply {
        self.send("GET", target, "").unwrap()
    }

    pub(super) fn post(&self, target: &str, body: &str) -> Reply {
        self.send("POST", target, body).unwrap()
    }

    pub(super) fn send(&self, method: &str, target: &str, body: &str) -> io::Result<Reply> {
        self.exchange(method, target, &self.authorization(), body)
    }

    /// The header line with the token; empty without a token.
    pub(super) fn authorization(&self) -> String {
        self.token.as_ref().map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"))
    }

    fn exchange(&self, method: &str, target: &str, headers: &str, body: &str) -> io::Result<Reply> {
        let mut stream = TcpStream::connect(&self.address)?;
        let length = body.len();
        write!(stream, "{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.address)?;
        write!(stream, "{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")?;
        Reply::read(&mut BufReader::new(stream))
    }
}

impl Reply {
    /// Reads a response; one that is cut short is an unexpected end of file.
    pub(super) fn read(from: &mut impl BufRead) -> io::Result<Self> {
        let mut line = || {
            let mut line = String::new();
            from.read_line(&mut line)?;
            match line.strip_suffix("\r\n") {
                Some(line) => Ok(line.to_owned()),
                None => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            }
        };
        let status = line()?.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        let mut headers = Vec::new();
        while let Some((name, value)) = line()?.split_once(": ") {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut reply = Self { status, headers, body: String::new() };
        let length: usize = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        from.read_exact(&mut body)?;
        reply.body = String::from_utf8(body).unwrap();
        Ok(reply)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// The status and the platform's code of an error.
    pub(super) fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The elements of an array in the body, byte for byte.
    pub(super) fn elements(&self, name: &str) -> Vec<String> {
        let members: std::collections::HashMap<String, Box<serde_json::value::RawValue>> =
            serde_json::from_str(&self.body).unwrap();
        let array = members.get(name).unwrap_or_else(|| panic!("no {name}"));
        let elements: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(array.get()).unwrap();
        elements.iter().map(|element| element.get().to_owned()).collect()
    }
}
