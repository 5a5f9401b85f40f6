//! Bodies that may be packed. What is packed is unpacked to the same bytes, and no body takes more memory than allowed.
//!
//! Input: how it is packed, and the body.

use std::io::Read;

use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_LENGTH};
use longhaul_core::http::{
    request::Expects,
    transport::{Response, TransportError, receive},
};
use longhaul_tests::zip;

use super::input::{line, text_line};

/// The maximum size of a body in memory.
const MOST: u64 = 1 << 18;

pub(super) fn run(input: &[u8]) {
    let Some((packed, body)) = text_line(input) else { return };
    let unpacked = |body: &[u8]| {
        let document = received(body, Expects::Document);
        let lines = received(body, Expects::Lines);
        if let (Ok(document), Ok(lines)) = (&document, lines) {
            assert_eq!(content(lines), document.body, "as lines");
        }
        document.ok().map(|response| response.body)
    };
    let text = str::from_utf8(body).ok().filter(|text| is_plain(text));
    match (packed, text) {
        ("gzip", Some(text)) => assert_eq!(unpacked(&gzip(body)).as_deref(), Some(text.as_bytes())),
        ("gzip gzip", Some(text)) => {
            assert_eq!(unpacked(&gzip(&gzip(body))).as_deref(), Some(text.as_bytes()));
        }
        ("zip", Some(text)) => {
            assert_eq!(unpacked(&zip(&[("a", body)])).as_deref(), Some(text.as_bytes()));
        }
        ("zips", Some(_)) => {
            let (first, second) = line(body);
            assert_eq!(
                unpacked(&zip(&[("a", first), ("b", second)])),
                None,
                "of two files, neither is meant"
            );
        }
        ("cut", _) => {
            let (archive, cut) = (zip(&[("a", body)]), gzip(body));
            for end in [archive.len() / 2, archive.len() - 1] {
                assert_eq!(unpacked(&archive[..end]), None, "a zip archive that is cut off");
            }
            for end in [cut.len() / 2, cut.len() - 1] {
                assert_eq!(unpacked(&cut[..end]), None, "a gzip file that is cut off");
            }
        }
        _ => {
            let found = unpacked(body);
            if let Some(text) = text {
                assert_eq!(found.as_deref(), Some(text.as_bytes()), "it is not packed");
            }
        }
    }
}

/// Whether a body is neither packed nor in another charset than UTF-8, by its first bytes.
fn is_plain(text: &str) -> bool {
    let is_packed = text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06");
    // A zero among the first bytes of JSON is a sign of UTF-16 or UTF-32 (RFC 4627 §3).
    !is_packed && !text.bytes().take(4).any(|byte| byte == 0) && text.len() as u64 <= MOST
}

fn received(body: &[u8], expects: Expects) -> Result<Response, TransportError> {
    let headers = HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from(body.len()))]);
    let response = receive(StatusCode::OK, &headers, expects, MOST, body)?;
    let most = if expects == Expects::Lines { 2 << 20 } else { MOST };
    assert!(response.body.len() as u64 <= most, "{} bytes in memory", response.body.len());
    Ok(response)
}

fn content(response: Response) -> Vec<u8> {
    let Some(mut spooled) = response.spooled else { return response.body };
    let mut content = Vec::new();
    spooled.read_to_end(&mut content).unwrap();
    content
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(body, flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
    packed
}
