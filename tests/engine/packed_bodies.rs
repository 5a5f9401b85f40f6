//! Bodies that are compressed or in another charset, whatever their headers say.

use std::sync::Arc;

use http::Method;
use longhaul_core::{
    Request,
    http::{
        request::Expects,
        transport::{
            Proxy, Response, Settings, Transport, TransportError,
            TransportErrorKind::{self, Archive, Garbled, TooLarge, Undecodable},
            UreqTransport,
        },
    },
};
use longhaul_tests::{FaultServer, ManualClock, Reaction, Reply, chain, compress, zip};

fn reply(body: impl Into<Vec<u8>>) -> Reply {
    Reply { body: body.into(), ..Reply::status(200) }
}

fn receive(
    expects: Expects,
    max_body: u64,
    reaction: impl Into<Reaction>,
) -> Result<Response, TransportError> {
    let reaction = reaction.into();
    let server = FaultServer::start(ManualClock::new() as Arc<_>, move |_| reaction.clone());
    let settings = Settings { proxy: Proxy::Direct, max_body, ..Settings::default() };
    let request = Request { expects, ..Request::new(Method::GET, server.url()) };
    let response = UreqTransport::new(&settings).unwrap().send(&request, b"before".to_vec());
    assert_eq!(server.received()[0].header("accept-encoding"), Some("gzip"));
    response
}

fn text(reply: &Reply) -> String {
    let [document, lines] = [Expects::Document, Expects::Lines]
        .map(|expects| receive(expects, 1 << 20, reply.clone()).unwrap().body);
    assert_eq!(document, lines);
    String::from_utf8(document).unwrap()
}

fn error(reply: &Reply) -> (TransportErrorKind, String) {
    let [document, lines] = [Expects::Document, Expects::Lines]
        .map(|expects| receive(expects, 1 << 20, reply.clone()).unwrap_err());
    assert_eq!(chain(&document), chain(&lines));
    (document.kind(), chain(&document))
}

#[test]
fn packed_bodies_are_known_by_their_first_bytes() {
    let json = r#"{"a":"é"}"#;
    for body in [
        json.as_bytes().to_vec(),
        compress("gzip", json),
        zip(&[("a.json", json.as_bytes())]),
        zip(&[("__MACOSX/._a.json", b"x"), ("a.json", json.as_bytes()), ("empty/", b"")]),
    ] {
        for encoding in [None, Some("gzip"), Some("identity")] {
            let reply = reply(body.clone()).header("content-type", "text/plain");
            let reply = match encoding {
                Some(encoding) => reply.header("content-encoding", encoding),
                None => reply,
            };
            assert_eq!(text(&reply), json);
        }
    }
    // A file that was compressed for the way, too.
    let twice = stored(&compress("gzip", json));
    assert_eq!(text(&reply(twice).header("content-encoding", "gzip")), json);
}

fn stored(file: &[u8]) -> Vec<u8> {
    longhaul_tests::stored_gzip(file)
}

#[test]
fn an_archive_must_be_one_file() {
    let several = zip(&[("a.csv", b"a"), ("b/c\n.csv", b"b")]);
    assert_eq!(
        error(&reply(several)),
        (
            Archive,
            "the answer is an archive that cannot be read as one file\nit contains 2 files: `a.csv`, `b/c\\n.csv`".to_owned()
        )
    );
    assert_eq!(
        error(&reply(zip(&[]))).1,
        "the answer is an archive that cannot be read as one file\nit contains no file"
    );
    let names: Vec<String> = (0..12).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert!(
        error(&reply(zip(&many)))
            .1
            .ends_with("12 files: `0`, `1`, `2`, `3`, `4`, `5`, `6`, `7`, `8`, `9`, …")
    );
}

#[test]
fn a_file_that_is_encrypted_or_compressed_in_another_way_is_refused() {
    let changed = |offset: usize, byte: u8| {
        let mut archive = zip(&[("a", b"text")]);
        let entry = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        archive[entry + offset] = byte;
        error(&reply(archive))
    };
    let refused = |reason: &str| {
        (Archive, format!("the answer is an archive that cannot be read as one file\n{reason}"))
    };
    assert_eq!(changed(8, 1), refused("it is encrypted"));
    assert_eq!(changed(10, 12), refused("it is compressed with method 12 (BZIP2)"));
}

#[test]
fn an_archive_that_lists_fewer_files_than_it_counts_is_damaged() {
    let mut archive = zip(&[("a", b"text")]);
    let end = archive.len() - 22;
    archive[end + 8] = 2;
    archive[end + 10] = 2;
    assert_eq!(error(&reply(archive)).0, Garbled);
}

#[test]
fn a_damaged_file_is_a_fault_that_may_pass() {
    let json = format!("{:?}", (0..500).collect::<Vec<_>>());
    for whole in [compress("gzip", &json), zip(&[("a", json.as_bytes())])] {
        for cut in [5, whole.len() / 2, whole.len() - 1] {
            assert_eq!(error(&reply(&whole[..cut])).0, Garbled, "{cut} of {}", whole.len());
        }
        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        assert_eq!(error(&reply(damaged)).0, Garbled);
    }
}

#[test]
fn what_grows_beyond_the_limit_is_refused() {
    let spaces = " ".repeat(2 << 20);
    for body in [compress("gzip", &spaces), zip(&[("a", spaces.as_bytes())])] {
        assert!(body.len() < 100_000);
        assert_eq!(receive(Expects::Document, 1 << 20, reply(body.clone())).unwrap_err().kind(), TooLarge);
        let lines = receive(Expects::Lines, 1 << 20, reply(body)).unwrap();
        assert!(lines.spooled.is_some(), "it is on disk");
    }
}

#[test]
fn other_charsets_are_converted() {
    let of_type = |content_type: &str, body: &[u8]| text(&reply(body).header("content-type", content_type));
    assert_eq!(of_type("application/json; charset=ISO-8859-1", b"\"\xe9\""), "\"é\"");
    assert_eq!(of_type("text/csv", b"\xff\xfea\0\xac\x20"), "a€");
    assert_eq!(of_type("application/json", "\"é\"".as_bytes()), "\"é\"");
    let packed = compress("gzip", "\u{0}a").into_iter();
    assert_eq!(of_type("text/csv; charset=utf-16be", &packed.collect::<Vec<_>>()), "a");
    assert_eq!(
        error(&reply(b"a\xff").header("content-type", "text/csv; charset=euc-kr")),
        (
            Undecodable,
            "the answer has bytes that its charset does not have\nthe bytes from 1 on are not EUC-KR"
                .to_owned()
        )
    );
    let refusal =
        Reply { status: 500, ..reply(b"a\xff") }.header("content-type", "text/plain; charset=euc-kr");
    assert_eq!(text(&refusal), "a\u{fffd}", "a message for people is read as far as possible");
}
