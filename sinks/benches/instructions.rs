//! Reads pages of JSON, and may write six columns of them as CSV, so that `callgrind` can count the instructions of both.
//! The arguments are `read` or `csv`, and the number of pages. See `tests/benches/README.md`.

#![expect(clippy::unwrap_used, reason = "a benchmark fails on any error")]

#[path = "../../tests/benches/records.rs"]
mod records;

use std::{env, hint::black_box, io, mem, sync::Arc};

use http::{HeaderMap, StatusCode};
use longhaul_core::{
    client::{Answer, answer::Basis},
    disk::SystemDisk,
    http::transport::Response,
    listing::page::{Layout, Page},
    sink::{Registry, Sink, Variables},
};
use longhaul_sinks::{Stdout, register};
use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let pages = arguments.get(1).map_or(1, |pages| pages.parse().unwrap());
    let mut csv = arguments.first().is_some_and(|work| work == "csv").then(six_columns);
    let layout = Layout::new(&"/results".parse().unwrap(), &["/nextPageUri".parse().unwrap()]);
    let records: Vec<Value> = (0..100).map(|index| records::record(index, 1750)).collect();
    let page = json!({"results": records, "nextPageUri": "/api/v2/conversations?page=2"});
    let (body, mut buffer) = (serde_json::to_vec(&page).unwrap(), Vec::new());
    for _ in 0..pages {
        let mut copy = mem::take(&mut buffer);
        copy.clear();
        copy.extend_from_slice(&body);
        let response = Response::new(StatusCode::OK, HeaderMap::new(), copy);
        let answer = Answer { response, url: "https://api.example/".parse().unwrap(), basis: Basis::Status };
        let page = Page::read(answer, &layout).unwrap();
        match &mut csv {
            Some(sink) => sink.write(&page.batch()).unwrap(),
            None => drop(black_box(page.batch())),
        }
        buffer = page.into_buffer();
    }
}

fn six_columns() -> Box<dyn Sink> {
    let options = json!({"format": "csv", "columns": ["/conversationId", "/conversationStart",
        "/conversationEnd", "/originatingDirection", "/participants/0/purpose", "/participants/1/sessions/0/ani"]});
    let mut registry = Registry::default();
    register(&mut registry, Stdout::to(io::sink()), Arc::new(SystemDisk));
    let sink = registry.get("stdout").unwrap().configure(&serde_json::from_value(options).unwrap()).unwrap();
    sink.open(&Variables::new("conversations", "/"), None).unwrap().sink
}
