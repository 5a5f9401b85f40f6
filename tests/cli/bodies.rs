//! Pages in NDJSON and CSV, in archives, and in other charsets.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use longhaul_tests::{Random, Reaction, Reply, compress, zip};

use crate::{
    api::{self, LINES},
    ends::stream,
    folder::Folder,
};

fn of_type(content_type: &str, body: impl Into<Vec<u8>>) -> Reply {
    Reply { body: body.into(), ..Reply::status(200) }.header("content-type", content_type)
}

/// The only page of a stream with these keys ends the run with this error, and nothing is published.
#[track_caller]
fn assert_fails(keys: &str, page: &Reply, code: i32, stderr: &str) {
    let page = page.clone();
    let (folder, _server) = stream(keys, move |_| page.clone());
    let ended = folder.run("run --set retry.max_attempts=2");
    let stderr = format!(
        "error: the stream `events` is not complete\n  caused by: `GET http://127.0.0.1:PORT/events` {stderr}\n"
    );
    assert_eq!((ended.last_error(), ended.code), (stderr, Some(code)));
    assert!(!folder.names_in("out").contains(&"events.ndjson".to_owned()), "nothing is published");
}

#[track_caller]
fn assert_pulls(keys: &str, page: &Reply, lines: &str) {
    let page = page.clone();
    let (folder, _server) = stream(keys, move |_| page.clone());
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), lines);
}

const CSV: &str = "format = \"csv\"";
const NDJSON: &str = "format = \"ndjson\"";

#[test]
fn rows_become_objects_of_strings_and_lines_keep_their_bytes() {
    let csv = of_type("text/csv", "id,n\r\n1,\"a \"\"b\"\"\"\r\n2,\r\n");
    assert_pulls(CSV, &csv, "{\"id\":\"1\",\"n\":\"a \\\"b\\\"\"}\n{\"id\":\"2\",\"n\":\"\"}\n");
    let named = "format = \"csv\"\ncsv = { delimiter = \";\", header = [\"id\", \"n\"] }";
    assert_pulls(named, &of_type("text/csv", "1;a,b\n"), "{\"id\":\"1\",\"n\":\"a,b\"}\n");
    let ndjson = of_type("application/x-ndjson", "{\"b\": 1.10,\"a\":1e5}\n\n7");
    assert_pulls(NDJSON, &ndjson, "{\"b\":1.10,\"a\":1e5}\n7\n");
}

#[test]
fn packed_and_foreign_bodies_are_read_whatever_the_headers_say() {
    let csv = "id,n\n1,é\n";
    let line = "{\"id\":\"1\",\"n\":\"é\"}\n";
    assert_pulls(CSV, &of_type("application/octet-stream", compress("gzip", csv)), line);
    assert_pulls(CSV, &of_type("text/plain", zip(&[("x/export.csv", csv.as_bytes())])), line);
    assert_pulls(CSV, &of_type("text/csv; charset=windows-1252", b"id,n\n1,\xe9\n"), line);
    let utf_16 = csv.encode_utf16().flat_map(u16::to_le_bytes);
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf_16).collect();
    assert_pulls(CSV, &of_type("text/csv", utf_16), line);
    let json = of_type("application/json", zip(&[("a.json", b"[{\"id\":1}]")]));
    assert_pulls("", &json, "{\"id\":1}\n");
}

#[test]
fn the_server_is_told_which_format_is_wanted() {
    for (keys, accept) in [
        ("", "application/json"),
        (CSV, "text/csv, */*;q=0.5"),
        (NDJSON, "application/x-ndjson, application/jsonl, */*;q=0.5"),
        (
            "format = \"csv\"\nheaders = { Accept = \"text/tab-separated-values\" }",
            "text/tab-separated-values",
        ),
    ] {
        let (folder, server) = stream(keys, |_| of_type("x/y", "[]\n"));
        folder.run("run");
        let received = server.api_requests();
        assert_eq!(received[0].header("accept"), Some(accept));
        assert_eq!(received[0].header("accept-encoding"), Some("gzip"));
    }
}

#[test]
fn a_wrong_row_is_named_with_the_cause_and_the_fix() {
    let csv = |body: &str| of_type("text/csv", body);
    assert_fails(
        CSV,
        &csv("id;n\n1;a,b\n2;c\n"),
        4,
        "failed\n  \
         caused by: row 2 of the answer has 2 values, but there is 1 column\n\
         hint: check `streams.events.csv.delimiter`; if it is correct, report the row to the API's operator",
    );
    assert_fails(
        CSV,
        &csv("id,n,id\n1,a,2\n"),
        4,
        "failed\n  \
         caused by: row 1 of the answer names two columns `id`\n\
         hint: name the columns in the request, if the API can; if there is no header line, set `streams.events.csv.header`",
    );
    assert_fails(
        CSV,
        &csv("sep=;\r\nid;n\r\n1;a\r\n"),
        4,
        "failed\n  \
         caused by: row 1 of the answer says that the delimiter is `;`, not `,`\n\
         hint: set `streams.events.csv.delimiter = \";\"`",
    );
    assert_fails(
        "format = \"csv\"\ncsv.header = [\"id\", \"n\"]",
        &csv("id,n\n1,a\n"),
        4,
        "failed\n  \
         caused by: row 1 of the answer is a header line, although the names are configured\n\
         hint: remove `streams.events.csv.header`",
    );
    assert_fails(
        CSV,
        &csv("id,n\n1,\"a\"b\n"),
        4,
        "failed\n  \
         caused by: row 2 of the answer has text after a closing quote\n\
         hint: report this to the API's operator",
    );
    assert_fails(
        CSV,
        &csv("id,n\n1,\"a\n2,b\n"),
        4,
        "failed\n  \
         caused by: row 2 of the answer has a quote that is not closed\n\
         hint: report this to the API's operator",
    );
    assert_fails(
        CSV,
        &of_type("text/csv", b"id,n\n1,\xe9\n"),
        4,
        "failed\n  \
         caused by: row 2 of the answer is not UTF-8\n\
         hint: request UTF-8; or ask the API's operator to send the charset in `Content-Type`",
    );
    assert_fails(
        CSV,
        &csv("id,n\n1,a\n2"),
        75,
        "failed 2 times\n  \
         caused by: row 3 of the answer, the last one, is cut off\n\
         hint: resume with: longhaul --set retry.max_attempts=2 run",
    );
}

#[test]
fn a_wrong_line_is_named_with_the_cause_and_the_fix() {
    let ndjson = |body: &str| of_type("application/x-ndjson", body);
    assert_fails(
        NDJSON,
        &ndjson("{\"a\":1}\n{\"a\":}\n{}\n"),
        4,
        "failed\n  \
         caused by: line 2 of the answer is not JSON: expected value at column 6\n\
         hint: check that the API sends NDJSON; for one JSON value, remove `streams.events.format`",
    );
    assert_fails(
        NDJSON,
        &ndjson("{\"a\":1}\n{\"a\":"),
        75,
        "failed 2 times\n  \
         caused by: line 2 of the answer, the last one, is cut off\n\
         hint: resume with: longhaul --set retry.max_attempts=2 run",
    );
    assert_fails(
        NDJSON,
        &ndjson(""),
        75,
        "failed 2 times\n  \
         caused by: the answer is empty\n\
         hint: if this API sends nothing when there are no records, set `streams.events.records_missing = \"empty\"`; otherwise, resume with: longhaul --set retry.max_attempts=2 run",
    );
    assert_pulls("format = \"ndjson\"\nrecords_missing = \"empty\"", &ndjson(""), "");
}

#[test]
fn an_answer_in_another_format_is_an_error() {
    assert_fails(
        CSV,
        &of_type("application/json", "{\"message\":\"too many rows\"}"),
        4,
        "failed\n  \
         caused by: the answer is JSON, not CSV: it starts with `{\"message\":\"too many rows\"}`\n\
         hint: check the request in `streams.events`; if this is a page, remove `format = \"csv\"`",
    );
    assert_fails(
        NDJSON,
        &of_type("application/json", "[{\"a\":1},{\"a\":2}]"),
        4,
        "failed\n  \
         caused by: the answer is JSON, not NDJSON: it starts with `[{\"a\":1},{\"a\":2}]`\n\
         hint: check the request in `streams.events`; if this is a page, remove `format = \"ndjson\"`",
    );
    assert_fails(
        NDJSON,
        &of_type("text/html", "<!doctype html>"),
        75,
        "failed 2 times\n  \
         caused by: the answer is HTML, not NDJSON\n\
         hint: resume with: longhaul --set retry.max_attempts=2 run",
    );
}

#[test]
fn an_archive_of_several_files_is_an_error() {
    assert_fails(
        CSV,
        &of_type("application/zip", zip(&[("a.csv", b"id\n"), ("b.csv", b"id\n")])),
        4,
        "failed\n  \
         caused by: the answer is an archive that cannot be read as one file\n  \
         caused by: it contains 2 files: `a.csv`, `b.csv`\n\
         hint: request each file by itself, or uncompressed: longhaul reads zip archives with one file",
    );
}

#[test]
fn bytes_that_the_charset_does_not_have_are_an_error() {
    assert_fails(
        "",
        &of_type("application/json; charset=shift_jis", b"[\"\x83\xff\"]"),
        4,
        "failed\n  \
         caused by: the answer has bytes that its charset does not have\n  \
         caused by: the bytes from 2 on are not Shift_JIS\n\
         hint: request UTF-8; or ask the API's operator to send the charset that the answer really has in `Content-Type`",
    );
}

#[test]
fn an_answer_without_a_visible_end_is_an_error() {
    let server = api::server(|_| {
        Reaction::Raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n\r\nid,n\n1,a\n".to_vec())
    });
    let configuration = format!(
        "{}\n[streams.events]\npath = \"/events\"\nsinks = [\"lines\"]\n{CSV}\n{LINES}",
        api::connection(&api::root(&server))
    );
    let ended = Folder::configured(&configuration).run("run");
    assert_eq!(
        (ended.code, ended.last_error().as_str()),
        (
            Some(4),
            "error: the stream `events` is not complete\n  \
             caused by: `GET http://127.0.0.1:PORT/events` failed\n  \
             caused by: the answer does not say where it ends, so a part of it could be missing\n\
             hint: the API must send `Content-Length` or chunks (HTTP/1.1): check for a proxy that removes them, or report it to the API's operator\n"
        )
    );
}

#[test]
fn an_answer_that_cannot_be_stored_is_an_error() {
    let (folder, _server) = stream(NDJSON, |_| of_type("text/plain", "12345678\n".repeat(1 << 18)));
    let ended = folder.longhaul("preview events").variable("TMPDIR", folder.path("none")).run();
    let stderr = "error: could not fetch the first page of `events`\n  \
                  caused by: `GET http://127.0.0.1:PORT/events` failed\n  \
                  caused by: the answer cannot be stored on disk\n  \
                  caused by: in `FOLDER/none`: No such file or directory (os error N)\n\
                  hint: make room for it in `state_dir` (or in the folder for temporary files, if there is no state yet), \
                  then resume with: longhaul run events\n";
    assert_eq!((ended.last_error().as_str(), ended.code), (stderr, Some(6)));
}

#[test]
fn a_preview_of_a_long_page_shows_its_first_records() {
    let (folder, _server) = stream(NDJSON, |_| of_type("text/plain", "12345678\n".repeat(1 << 18)));
    let ended = folder.run("preview events --format ndjson");
    ended.assert_complete();
    assert_eq!(ended.stable_stderr(), "events: 262,144 records on the first page; these are the first\n");
    assert!(ended.stdout.starts_with("12345678\n12345678\n") && ended.stdout.len() < 5 << 18);
}

#[test]
fn keys_that_do_not_fit_the_format_are_errors_before_anything_is_sent() {
    for (keys, stderr) in [
        (
            "format = \"tsv\"",
            "`streams.events.format`: `tsv` is not one of `csv`, `json`, `ndjson`\n  in: longhaul.toml:16",
        ),
        (
            "csv = { delimiter = \";\" }",
            "`streams.events.csv` requires `format = \"csv\"`\n  in: longhaul.toml:16",
        ),
        (
            "format = \"csv\"\ncsv = { delimiter = \"||\" }",
            "`streams.events.csv.delimiter`: `||` is not a delimiter: use one ASCII character other than a quote or a line end\n  in: longhaul.toml:17",
        ),
        (
            "format = \"csv\"\nrecords = \"/rows\"",
            "`streams.events.records` has no meaning with `format = \"csv\"`\n  in: longhaul.toml:17\nhint: each row is a record",
        ),
        (
            "format = \"ndjson\"\nrecords = \"/rows\"",
            "`streams.events.records` has no meaning with `format = \"ndjson\"`\n  in: longhaul.toml:17\nhint: each line is a record",
        ),
        (
            "format = \"ndjson\"\npages = { type = \"next_url\", next = \"/next\" }",
            "`streams.events.pages.next`: `/next` is a place in a JSON page, but the format is `ndjson`\n  in: longhaul.toml:17\n\
             hint: use a place in a header, as `header:X-Next` or `link:next`, or in the last record, as `last:/id`",
        ),
    ] {
        let (folder, server) = stream(keys, |_| Reply::json("[]"));
        folder.run("run").assert_failed(2, &format!("error: {stderr}\n"));
        assert_eq!(server.connections(), 0);
    }
}

const PAGES: usize = 6;
const ROWS: usize = 30_000;

fn row(index: usize) -> String {
    format!("{index},\"{}\"\n", "some words and ".repeat(1 + index % 5))
}

fn line(index: usize) -> String {
    format!("{{\"id\":\"{index}\",\"text\":\"{}\"}}\n", "some words and ".repeat(1 + index % 5))
}

#[test]
fn a_pull_of_long_pages_of_csv_survives_kills() {
    assert_complete_despite_kills(CSV, "id,text\n", row);
}

#[test]
fn a_pull_of_long_pages_of_ndjson_survives_kills() {
    assert_complete_despite_kills(&format!("{NDJSON}\nrecords_missing = \"empty\""), "", line);
}

#[track_caller]
fn assert_complete_despite_kills(format: &str, header: &'static str, record: fn(usize) -> String) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let keys = format!("{format}\npages = {{ type = \"page_number\", param = \"page\" }}");
    let (folder, _server) = stream(&keys, move |request| {
        counted.fetch_add(1, Ordering::SeqCst);
        let number = request.query("page").map_or(1, |page| page.parse::<usize>().unwrap());
        let records = ((number - 1) * ROWS..number * ROWS).take_while(|index| *index < PAGES * ROWS);
        of_type("text/plain", format!("{header}{}", records.map(record).collect::<String>()))
    });
    let is_published = || folder.names_in("out").contains(&"events.ndjson".to_owned());
    let (clock, mut random) = (api::clock(), Random::new());
    for _ in 0..8 {
        let until = requests.load(Ordering::SeqCst) + 1 + usize::try_from(random.below(3)).unwrap();
        let mut running = folder.longhaul("run --set commit_every=0s").start();
        while requests.load(Ordering::SeqCst) < until && !running.has_ended() {
            clock.sleep(Duration::from_millis(1));
        }
        clock.sleep(Duration::from_millis(random.below(60)));
        running.kill();
        if is_published() {
            break;
        }
        let left = folder.names_in(".longhaul");
        assert!(
            left.iter().all(|name| name.starts_with("events.") || name.starts_with("run-")),
            "a spooled answer has no name: {left:?}"
        );
    }
    if !is_published() {
        folder.run("run --set commit_every=0s").assert_complete();
    }
    let expected: String = (0..PAGES * ROWS).map(line).collect();
    assert!(folder.read("out/events.ndjson") == expected, "LONGHAUL_TEST_SEED={}", random.seed());
}
