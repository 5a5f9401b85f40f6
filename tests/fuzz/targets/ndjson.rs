//! Pages of NDJSON. A page is accepted if and only if each line is JSON or blank, with the same records in memory and on
//! disk.
//!
//! Input: the body.

use std::io::Write;

use http::{HeaderMap, StatusCode};
use longhaul_core::{
    Pointer,
    http::transport::Response,
    listing::page::{EmptyBody, Format, Layout, Page},
};

use super::oracle::{compact, json, page, page_of};

pub(super) fn run(input: &[u8]) {
    let layout = Layout::new(&Pointer::default(), &[]).with_format(Format::Ndjson, EmptyBody::Page);
    let in_memory = page(input, &layout);
    let text = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace));
    let expected: Option<Vec<_>> =
        lines.map(|line| (!line.starts_with(b"\xef\xbb\xbf")).then(|| json(line)).flatten()).collect();
    match (&in_memory, &expected) {
        (Ok(page), Some(lines)) => {
            let lines: String = lines.iter().map(|line| compact(line.get()) + "\n").collect();
            assert_eq!(str::from_utf8(page.batch().bytes()).unwrap(), lines);
        }
        (Ok(_), None) => panic!("a line is not JSON"),
        (Err(error), Some(_)) => panic!("each line is JSON: {error}"),
        (Err(_), None) => {}
    }
    check_on_disk(input, &layout, in_memory.ok());
}

/// Checks that a body on disk is the same page.
pub(super) fn check_on_disk(body: &[u8], layout: &Layout, in_memory: Option<Page>) {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if text.trim_ascii().is_empty() {
        // A body on disk has at least a mebibyte.
        return;
    }
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(body).unwrap();
    let start = Response::new(StatusCode::OK, HeaderMap::new(), body.to_vec());
    let on_disk = page_of(Response { spooled: Some(file.try_into().unwrap()), ..start }, layout).ok();
    assert_eq!(on_disk.as_ref().map(Page::len), in_memory.as_ref().map(Page::len));
    assert_eq!(on_disk.map(all_batches), in_memory.map(all_batches));
}

fn all_batches(mut page: Page) -> Vec<u8> {
    let mut text = page.batch().bytes().to_vec();
    while page.next_batch().unwrap() {
        text.extend(page.batch().bytes());
    }
    text
}
