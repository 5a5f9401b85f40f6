//! Pages of lines: NDJSON and CSV, in memory and on disk.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::{HeaderMap, Method, StatusCode};
use longhaul_core::{
    Body, Pointer, Source, Template,
    client::{Answer, answer::Basis},
    http::transport::Response,
    listing::{
        end::{Ends, Proof, RecordsMissing},
        page::{Csv, EmptyBody, Format, Layout, Page},
        paginate::{NextUrl, Offset, OffsetStep, PageNumber, Paginator, Renewal, Single, Token},
    },
};
use longhaul_tests::{
    End, FaultServer, Framing, Lifetime, ManualClock, Pulled, Reaction, Received, Reply, Setup, Tokens, chain,
};

/// How many records do not fit in memory.
const LONG: usize = 24_000;

fn of_rows() -> Format {
    Format::Csv(Csv::default())
}

/// Both formats, with a page of these records in each, and the lines that must arrive.
fn formats(numbers: impl Iterator<Item = usize> + Clone) -> [(Format, String, Vec<String>); 2] {
    let record = |number| format!("{{\"id\":\"{number}\",\"text\":\"é {}\"}}", "word ".repeat(number % 20));
    let row = |number| format!("{number},\"é {}\"\r\n", "word ".repeat(number % 20));
    let lines: Vec<String> = numbers.clone().map(record).collect();
    let rows: String = numbers.map(row).collect();
    [
        (Format::Ndjson, lines.join("\n") + if lines.is_empty() { "" } else { "\n" }, lines.clone()),
        (of_rows(), format!("id,text\r\n{rows}"), lines),
    ]
}

fn source(setup: &Setup, format: Format, paginator: impl Paginator + 'static) -> Source {
    let source = setup.source_at("/export", "", paginator);
    let first = Template { method: Method::GET, body: Body::Empty, ..source.first };
    Source { first, format, ..source }
}

/// Pulls pages from a server on a real socket.
fn pull(
    format: Format,
    paginator: impl Paginator + 'static,
    change: impl FnOnce(&mut Source),
    react: impl Fn(&Received) -> Reaction + Send + Sync + 'static,
) -> (Pulled, FaultServer) {
    let (clock, tokens) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited));
    let server = FaultServer::start(Arc::clone(&clock) as _, move |request| {
        if request.is_for_token() { tokens.issue(request.at).into() } else { react(request) }
    });
    let setup = Setup::over_sockets(&server.url(), &clock);
    let mut source = source(&setup, format, paginator);
    change(&mut source);
    (setup.pull(&source, None), server)
}

fn reply(body: impl Into<Vec<u8>>) -> Reply {
    Reply { body: body.into(), ..Reply::status(200) }
}

/// A reaction that answers the first request in another way than the others.
fn first_then(
    first: impl Fn() -> Reaction + Send + Sync + 'static,
    then: impl Fn() -> Reaction + Send + Sync + 'static,
) -> impl Fn(&Received) -> Reaction + Send + Sync + 'static {
    let count = AtomicUsize::new(0);
    move |_| if count.fetch_add(1, Ordering::SeqCst) == 0 { first() } else { then() }
}

#[test]
fn a_page_in_memory_and_one_on_disk_give_the_same_records() {
    for count in [0, 3, LONG] {
        for (format, body, lines) in formats(0..count) {
            assert_eq!(body.len() > 5 << 18, count == LONG);
            let ends = Ends { records_missing: RecordsMissing::Empty, ..Ends::default() };
            for framing in [Reaction::Reply, Reaction::Chunked] {
                let (body, ends) = (body.clone(), ends.clone());
                let (pulled, _) = pull(
                    format.clone(),
                    Single::Assumed,
                    |source| source.ends = ends,
                    move |_| framing(reply(body.clone())),
                );
                assert!(pulled.records() == lines, "{count} {format:?}");
                assert_eq!(pulled.summary().records, count as u64);
                assert_eq!(pulled.summary().pages, 1);
            }
        }
    }
}

#[test]
fn a_body_that_is_cut_anywhere_is_requested_again() {
    for (format, body, lines) in formats(0..4) {
        for framing in [Framing::Length, Framing::Chunks] {
            let (clock, tokens) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited));
            let (count, whole) = (AtomicUsize::new(0), body.clone());
            // Each pull has two requests, and the next pull a cut one byte further on.
            let server = FaultServer::start(Arc::clone(&clock) as _, move |request| {
                if request.is_for_token() {
                    return tokens.issue(request.at).into();
                }
                let reply = reply(whole.clone());
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (after, end) = (number / 2, if number % 4 == 0 { End::Close } else { End::Reset });
                if number % 2 == 0 { Reaction::Cut { reply, framing, after, end } } else { reply.into() }
            });
            let setup = Setup::over_sockets(&server.url(), &clock);
            for after in 0..body.len() {
                let pulled = setup.pull(&source(&setup, format.clone(), Single::Assumed), None);
                assert_eq!(pulled.records(), lines, "{format:?} {framing:?} after {after}");
                assert_eq!(server.api_requests().len(), 2 * (after + 1));
            }
        }
    }
}

#[test]
fn a_long_body_that_is_cut_leaves_no_record_behind() {
    for (format, body, lines) in formats(0..LONG) {
        for after in [1 << 20, (1 << 20) + 1, body.len() - 1, body.len() / 2] {
            let whole = body.clone();
            let framing = Framing::Length;
            let cut = move || Reaction::Cut { reply: reply(whole.clone()), framing, after, end: End::Close };
            let body = body.clone();
            let (pulled, _) = pull(
                format.clone(),
                Single::Assumed,
                |_| {},
                first_then(cut, move || reply(body.clone()).into()),
            );
            assert!(pulled.records() == lines, "{format:?} after {after}");
        }
    }
}

#[test]
fn an_answer_that_does_not_say_where_it_ends_is_not_trusted() {
    for (format, body, _) in formats(0..4) {
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
        let (pulled, server) = pull(
            format,
            Single::Assumed,
            |_| {},
            move |_| Reaction::Raw(format!("{head}{body}").into_bytes()),
        );
        let error = format!(
            "`GET {}export` failed\nthe answer does not say where it ends, so a part of it could be missing",
            server.url()
        );
        assert_eq!(chain(pulled.error()), error);
        assert_eq!(server.api_requests().len(), 1);
        assert!(!pulled.calls.any_finished());
    }
}

#[test]
fn a_fault_in_the_middle_is_final_and_leaves_no_record_behind() {
    for count in [10, LONG] {
        let [(_, lines, _), (_, rows, _)] = formats(0..count);
        for (format, body, said) in [
            (
                Format::Ndjson,
                lines.replacen("\"id\":\"9\"", "\"id\":9a", 1),
                "line 10 of the answer is not JSON: expected `,` or `}` at column 8",
            ),
            (
                of_rows(),
                rows.replacen("\n9,", "\n9,,", 1),
                "row 11 of the answer has 3 values, but there are 2 columns",
            ),
            (of_rows(), rows.replacen("id,text", "id,id", 1), "row 1 of the answer names two columns `id`"),
        ] {
            let (pulled, server) = pull(format, Single::Assumed, |_| {}, move |_| reply(body.clone()).into());
            let error = format!("`GET {}export` failed\n{said}", server.url());
            assert_eq!(chain(pulled.error()), error);
            assert_eq!(server.api_requests().len(), 1);
            assert!(pulled.calls.records("out").is_empty());
        }
    }
}

#[test]
fn lines_that_break_off_in_a_complete_answer_are_requested_again() {
    for (format, body, lines) in formats(0..3) {
        let cut = body.trim_end()[..body.trim_end().len() - 2].to_owned();
        let whole = body.clone();
        let (pulled, server) = pull(
            format.clone(),
            Single::Assumed,
            |_| {},
            first_then(move || reply(cut.clone()).into(), move || reply(whole.clone()).into()),
        );
        assert_eq!(pulled.records(), lines, "{format:?}");
        assert_eq!(server.api_requests().len(), 2);
    }
}

#[test]
fn an_empty_answer_is_a_page_only_if_that_is_expected() {
    for format in [Format::Ndjson, of_rows()] {
        let (pulled, server) = pull(format.clone(), Single::Assumed, |_| {}, |_| reply("\n").into());
        let error = format!("`GET {}export` failed 6 times\nthe answer is empty", server.url());
        assert_eq!(chain(pulled.error()), error);
        let empty = |source: &mut Source| source.ends.records_missing = RecordsMissing::Empty;
        assert!(pull(format, Single::Assumed, empty, |_| reply("").into()).0.records().is_empty());
    }
}

/// On one line, it would be a header without rows.
#[test]
fn long_json_instead_of_csv_is_an_error() {
    let records: Vec<_> = (0..LONG * 5).map(|id| format!("{{\"id\":{id}}}")).collect();
    let body = format!("[{}]", records.join(","));
    assert!(body.len() > 1 << 20);
    let (pulled, server) = pull(of_rows(), Single::Assumed, |_| {}, move |_| reply(body.clone()).into());
    let start = "failed\nthe answer is JSON, not CSV: it starts with `[{\"id\":0},{\"id\":1}";
    assert!(chain(pulled.error()).starts_with(&format!("`GET {}export` {start}", server.url())));
}

#[test]
fn what_is_not_lines_is_an_error() {
    let error = |format: Format, body: &'static str| {
        let (pulled, server) = pull(format, Single::Assumed, |_| {}, move |_| reply(body).into());
        chain(pulled.error()).replace(server.url().as_str(), "/")
    };
    assert_eq!(
        error(of_rows(), "{\"error\": \"try again\"}"),
        "`GET /export` failed\nthe answer is JSON, not CSV: it starts with `{\"error\": \"try again\"}`"
    );
    assert_eq!(
        error(of_rows(), "<!DOCTYPE html><p>log in"),
        "`GET /export` failed 6 times\nthe answer is HTML, not CSV"
    );
    assert_eq!(
        error(Format::Ndjson, "<html><p>log in"),
        "`GET /export` failed 6 times\nthe answer is HTML, not NDJSON"
    );
    let (tickers, _) =
        pull(of_rows(), Single::Assumed, |_| {}, |_| reply("<TICKER>,<DATE>\nX,20260101\n").into());
    assert_eq!(tickers.records(), ["{\"<TICKER>\":\"X\",\"<DATE>\":\"20260101\"}"]);
}

#[test]
fn a_link_to_another_page_is_noticed_and_can_be_followed() {
    let page = |request: &Received, format: &Format| {
        let number = request.query("page").map_or(0, |page| page.parse::<usize>().unwrap());
        let [ndjson, csv] = formats(number * 10..(number + 1) * 10);
        let body = if *format == Format::Ndjson { ndjson.1 } else { csv.1 };
        let next = format!("</export?page={}>; rel=\"next\"", number + 1);
        let reply = reply(body);
        if number < 3 { reply.header("link", next) } else { reply }
    };
    for (format, _, lines) in formats(0..40) {
        let of = format.clone();
        let next = NextUrl::at("link:next".parse().unwrap());
        let (pulled, _) = pull(format.clone(), next, |_| {}, move |request| page(request, &of).into());
        assert_eq!(pulled.records(), lines);
        let of = format.clone();
        let (pulled, server) =
            pull(format, Single::Assumed, |_| {}, move |request| page(request, &of).into());
        let error = format!(
            "there seem to be more pages, because the page has `link:next` (`{}export`)",
            server.url()
        );
        assert_eq!(chain(pulled.error()), error);
    }
}

#[test]
fn pages_are_counted_by_all_their_records() {
    let size = LONG;
    let body = move |request: &Received, by: usize| {
        let from = request.query("at").map_or(0, |at| at.parse::<usize>().unwrap() * by);
        let [_, (_, rows, _)] = formats(from..(from + size).min(2 * size + 7));
        Reaction::from(reply(rows))
    };
    let [_, (format, _, lines)] = formats(0..2 * size + 7);
    let offset = Offset { param: "at".parse().unwrap(), size: None, start: 0, step: OffsetStep::Received };
    let pulled = pull(format.clone(), offset, |_| {}, move |request| body(request, 1)).0;
    assert!(pulled.records() == lines);
    assert_eq!(pulled.summary().end.map(|end| end.proof), Some(Proof::NoRecords));
    let page = PageNumber { param: "at".parse().unwrap(), size: None, start: 0, page_count: None };
    assert!(
        pull(format.clone(), page.clone(), |_| {}, move |request| body(request, size)).0.records() == lines
    );
    let [_, (_, rows, _)] = formats(0..size);
    let (stuck, _) = pull(format, page, |_| {}, move |_| reply(rows.clone()).into());
    assert_eq!(chain(stuck.error()), "page 2 has the same records as an earlier page");
}

#[test]
fn a_listing_can_continue_from_the_last_record_of_a_long_page() {
    let size = LONG;
    for (format, _, lines) in formats(0..2 * size) {
        let of = format.clone();
        let keyset = Token {
            param: "after".parse().unwrap(),
            cursor: "last:/id".parse().unwrap(),
            renewal: Renewal::EachPage,
        };
        let answer = move |request: &Received| {
            let from = request.query("after").map_or(0, |id| id.parse::<usize>().unwrap() + 1);
            let [ndjson, csv] = formats(from..(from + size).min(2 * size));
            reply(if of == Format::Ndjson { ndjson.1 } else { csv.1 }).into()
        };
        let empty = |source: &mut Source| source.ends.records_missing = RecordsMissing::Empty;
        assert!(pull(format, keyset, empty, answer).0.records() == lines);
    }
}

#[test]
fn duplicates_are_dropped_across_the_batches_of_a_page() {
    for (format, body, lines) in formats((0..LONG).chain(5..6).chain(LONG - 9..LONG - 8)) {
        let unique = |source: &mut Source| source.unique = Some("/id".parse().unwrap());
        let (pulled, _) = pull(format, Single::Assumed, unique, move |_| reply(body.clone()).into());
        assert!(pulled.records() == lines[..LONG]);
        assert_eq!(pulled.summary().repeated, 2);
    }
}

/// The `csv` crate decides what rows mean. It accepts more, but what both accept must be the same.
#[test]
fn rows_mean_what_they_mean_to_the_csv_crate() {
    let header = Some(vec!["x".to_owned(), "y".to_owned()]);
    let layout = Layout::new(&Pointer::default(), &[])
        .with_format(Format::Csv(Csv { header, ..Csv::default() }), EmptyBody::Page);
    let pieces = ["a", "\"", "\"\"", ",", "\n", "\r\n", "\r", "é", " "];
    let mut texts = vec![String::new()];
    let mut accepted = 0;
    for _ in 0..5 {
        texts = texts.iter().flat_map(|text| pieces.map(|piece| format!("{text}{piece}"))).collect();
        for text in &texts {
            let response = Response::new(StatusCode::OK, HeaderMap::new(), text.clone().into_bytes());
            let answer =
                Answer { response, url: "https://api.example/".parse().unwrap(), basis: Basis::Status };
            let Ok(page) = Page::read(answer, &layout) else { continue };
            if text.trim_ascii().is_empty() {
                // An empty page.
                continue;
            }
            let rows =
                csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let row = |row: Result<csv::StringRecord, _>| {
                let row = row.unwrap();
                assert_eq!(row.len(), 2, "{text:?}");
                format!("{}\n", serde_json::json!({ "x": row[0], "y": row[1] }))
            };
            let expected: String = rows.into_records().map(row).collect();
            assert_eq!(str::from_utf8(page.batch().bytes()).unwrap(), expected, "{text:?}");
            accepted += 1;
        }
    }
    assert!(accepted > 1000, "{accepted}");
}
