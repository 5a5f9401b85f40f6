//! Runs only the page loop, so that `callgrind` can count its instructions. See `README.md`.

#![expect(clippy::unwrap_used, reason = "a benchmark fails on any error")]

mod records;

use std::{env, hint::black_box, mem};

use http::{HeaderMap, StatusCode};
use longhaul_core::{
    Pointer,
    client::{Answer, answer::Basis},
    http::transport::Response,
    listing::page::{Csv, EmptyBody, Format, Layout, Page},
};
use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = env::args().filter(|argument| argument != "--bench").collect();
    let format = arguments.get(1).map_or("compact", String::as_str);
    let pages = arguments.get(2).map_or(1, |pages| pages.parse().unwrap());
    let layout = match format {
        "csv" => {
            Layout::new(&Pointer::default(), &[]).with_format(Format::Csv(Csv::default()), EmptyBody::Fault)
        }
        _ => Layout::new(&"/results".parse().unwrap(), &["/nextPageUri".parse().unwrap()]),
    };
    let body = body(format);
    let mut buffer = Vec::new();
    for _ in 0..pages {
        let mut copy = mem::take(&mut buffer);
        copy.clear();
        copy.extend_from_slice(&body);
        let response = Response::new(StatusCode::OK, HeaderMap::new(), copy);
        let answer = Answer { response, url: "https://api.example/".parse().unwrap(), basis: Basis::Status };
        let page = Page::read(answer, &layout).unwrap();
        black_box(page.batch().len());
        buffer = page.into_buffer();
    }
}

/// A page of a hundred records, or of a thousand rows.
fn body(format: &str) -> Vec<u8> {
    if format == "csv" {
        let header = "id,at,amount,state,name,note\r\n".to_owned();
        return (0..1000).fold(header, |rows, index| rows + &row(index)).into_bytes();
    }
    let records: Vec<Value> = (0..100).map(|index| records::record(index, 4600)).collect();
    let page = json!({"results": records, "nextPageUri": "/api/v2/conversations?page=2"});
    let body = if format == "pretty" { serde_json::to_vec_pretty(&page) } else { serde_json::to_vec(&page) };
    body.unwrap()
}

/// A row in which one value is quoted, and one of ten has quotes in it.
fn row(index: usize) -> String {
    let note = if index.is_multiple_of(10) { "\"\"words\"\", with a comma" } else { "words, with a comma" };
    format!("{index},2026-01-05T10:11:12.345Z,{index}.50,active,Jane Example,\"{note}\"\r\n")
}
