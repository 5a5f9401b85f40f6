//! A model of an API: a token endpoint, and a listing that requires a token.

use std::fmt::Write;

use http::Method;

use crate::{
    exchange::{Received, Reply},
    tokens::Tokens,
};

/// The path of the token endpoint.
pub const TOKEN_PATH: &str = "/oauth/token";

/// The path of the first page.
pub const API_PATH: &str = "/api/v2/details/query";

/// An API whose first page is requested by POST, and each further page by GET to `nextPageUri`.
#[derive(Debug)]
pub struct FakeApi {
    /// The tokens.
    pub tokens: Tokens,
    pages: Vec<Vec<String>>,
    links: Links,
}

/// How a page refers to the next one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Links {
    /// By an absolute URL.
    Absolute,
    /// By a path and a query.
    Relative,
}

/// `count` different records, with strings and numbers that would change if they were parsed and written again.
pub fn records(count: usize) -> Vec<String> {
    let record = |id| {
        format!(
            r#"{{"z":{id}.10,"id":{id},"big":12345678901234567890123,"text":"\u00e9\/ \"{id}\" ü","a":{{"n":null,"e":1E5}}}}"#
        )
    };
    (0..count).map(record).collect()
}

impl FakeApi {
    /// A listing of these records, with `size` records per page.
    pub fn new(tokens: Tokens, records: &[String], size: usize, links: Links) -> Self {
        Self { tokens, pages: records.chunks(size).map(<[_]>::to_vec).collect(), links }
    }

    /// Answers a request to any of its paths.
    pub fn answer(&self, request: &Received) -> Reply {
        match request.url.path() {
            TOKEN_PATH => self.tokens.issue(request.at),
            API_PATH => self.tokens.check(request, request.at).err().unwrap_or_else(|| self.page(request)),
            _ => Reply::status(404),
        }
    }

    /// A page, whatever the token. Pages after the first require GET without a body.
    pub fn page(&self, request: &Received) -> Reply {
        let number = request.query("page").and_then(|page| page.parse::<usize>().ok());
        let is_valid = match number {
            None => request.method == Method::POST && request.body == br#"{"order":"asc"}"#,
            Some(_) => request.method == Method::GET && request.body.is_empty(),
        };
        let number = number.unwrap_or(1);
        match self.pages.get(number - 1) {
            Some(page) if is_valid => Reply::json(self.body(page, number, request)),
            _ => Reply::status(400),
        }
    }

    fn body(&self, page: &[String], number: usize, request: &Received) -> String {
        let mut body = format!("{{\"totalHits\": {},\n \"results\": [", self.pages.len());
        body.push_str(&page.join(",\n  "));
        body.push(']');
        if number < self.pages.len() {
            let root = match self.links {
                Links::Absolute => request.url.origin().ascii_serialization(),
                Links::Relative => String::new(),
            };
            let _ = write!(body, r#","nextPageUri":"{root}{API_PATH}?page={}""#, number + 1);
        }
        body.push('}');
        body
    }
}
