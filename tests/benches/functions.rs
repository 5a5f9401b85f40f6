//! The functions that process every page. `cargo bench -p longhaul-sinks --bench functions` prints the results.

#![expect(clippy::unwrap_used, reason = "a benchmark fails on any error")]

mod records;

use std::{
    io::{self, Write},
    sync::Arc,
};

use divan::{Bencher, counter::BytesCount};
use http::{HeaderMap, Method, StatusCode};
use longhaul_core::{
    Body, Pointer, Replay, Template,
    client::{Answer, answer::Basis},
    disk::SystemDisk,
    http::transport::Response,
    listing::page::{Csv, EmptyBody, Format, Layout, Page},
    sink::{Batch, Registry, Sink, Variables},
};
use longhaul_sinks::{Stdout, register};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

/// How the JSON of a page is formatted.
const FORMATS: [&str; 2] = ["compact", "pretty"];

#[divan::bench(args = FORMATS)]
fn page(bencher: Bencher<'_, '_>, format: &str) {
    let layout = Layout::new(&"/results".parse().unwrap(), &["/nextPageUri".parse().unwrap()]);
    let body = body(format);
    bencher
        .counter(BytesCount::of_slice(&body))
        .with_inputs(|| answer(body.clone()))
        .bench_values(|answer| Page::read(answer, &layout).unwrap());
}

/// Where a page of lines is, and its format.
const LINES: [&str; 4] = ["ndjson in memory", "ndjson on disk", "csv in memory", "csv on disk"];

#[divan::bench(args = LINES)]
fn page_of_lines(bencher: Bencher<'_, '_>, kind: &str) {
    let (format, body) = if kind.starts_with("ndjson") {
        let line = |index| format!("{}\n", records::record(index, 4600));
        (Format::Ndjson, (0..1000).map(line).collect::<String>())
    } else {
        let row = |index| {
            format!(
                "{index},2026-01-05T10:11:12.345Z,{index}.50,active,Jane Example,\"words, with a comma\"\r\n"
            )
        };
        (
            Format::Csv(Csv::default()),
            format!("id,at,amount,state,name,note\r\n{}", (0..60_000).map(row).collect::<String>()),
        )
    };
    let layout = Layout::new(&Pointer::default(), &[]).with_format(format, EmptyBody::Fault);
    let is_on_disk = kind.ends_with("disk");
    let answer = || {
        let mut answer = answer(body.clone().into_bytes());
        if is_on_disk {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&answer.response.body).unwrap();
            answer.response.body.truncate(1 << 20);
            answer.response.spooled = Some(file.try_into().unwrap());
        }
        answer
    };
    bencher.counter(BytesCount::of_str(&body)).with_inputs(answer).bench_values(|answer| {
        let mut page = Page::read(answer, &layout).unwrap();
        while page.next_batch().unwrap() {}
        page.len()
    });
}

#[divan::bench]
fn csv_of_six_columns(bencher: Bencher<'_, '_>) {
    let options = json!({"format": "csv", "columns": ["/conversationId", "/conversationStart",
        "/conversationEnd", "/originatingDirection", "/participants/0/purpose", "/participants/1/sessions/0/ani"]});
    let mut registry = Registry::default();
    register(&mut registry, Stdout::to(io::sink()), Arc::new(SystemDisk));
    let options = serde_json::from_value(options).unwrap();
    let opener = registry.get("stdout").unwrap().configure(&options).unwrap();
    let mut sink: Box<dyn Sink> = opener.open(&Variables::new("conversations", "/"), None).unwrap().sink;
    let line = format!("{}\n", records::record(1, 1750));
    let bytes = line.repeat(100).into_bytes();
    let ends: Vec<usize> = (1..=100).map(|number| number * line.len()).collect();
    let batch = Batch::new(&bytes, &ends);
    bencher.counter(divan::counter::ItemsCount::new(100_u32)).bench_local(|| sink.write(&batch).unwrap());
}

#[divan::bench]
fn template(bencher: Bencher<'_, '_>) {
    let interval = "{window.start}/{window.end}";
    let template = Template {
        method: Method::POST,
        base_url: "https://api.example".parse().unwrap(),
        path: "/api/v2/conversations/query".to_owned(),
        query: vec![("interval".to_owned(), interval.to_owned())],
        headers: HeaderMap::new(),
        body: Body::Json(json!({"interval": interval, "order": "asc", "paging": {"pageSize": 100}}).into()),
        replay: Replay::Harmless,
    };
    let variables = Variables::new("conversations", "/");
    let variables =
        variables.with("window.start", "2026-01-01T00:00:00Z").with("window.end", "2026-01-02T00:00:00Z");
    bencher.bench(|| template.at(&variables).unwrap());
}

fn body(format: &str) -> Vec<u8> {
    let records: Vec<Value> = (0..1000).map(|index| records::record(index, 4600)).collect();
    let page = json!({"results": records, "nextPageUri": "/api/v2/conversations?page=2"});
    let body = if format == "pretty" { serde_json::to_vec_pretty(&page) } else { serde_json::to_vec(&page) };
    body.unwrap()
}

fn answer(body: Vec<u8>) -> Answer {
    let response = Response::new(StatusCode::OK, HeaderMap::new(), body);
    Answer { response, url: "https://api.example/".parse().unwrap(), basis: Basis::Status }
}
