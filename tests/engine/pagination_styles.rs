//! Every style of pagination, with a server that has only this style and whose tokens are valid for nine requests.

use std::sync::Arc;

use http::Method;
use longhaul_core::{
    Body, Source,
    listing::{
        end::{Ends, RecordsMissing},
        paginate::{NextUrl, Offset, OffsetStep, PageNumber, Paginator, Renewal, Single, Token},
    },
};
use longhaul_tests::{Lifetime, Received, Reply, Setup, Tokens, records, with_more, with_total};
use serde_json::{Value, json};

const SIZE: usize = 25;
const PATH: &str = "/api/v2/users";

/// Numbers of records: none, one, one full page, and many pages with a last page that is not full.
const COUNTS: [usize; 4] = [0, 1, SIZE, 40 * SIZE + 7];

/// A style of pagination: its configuration, and a server that has only this style.
struct Style {
    method: Method,
    body: Option<Value>,
    paginator: Arc<dyn Paginator>,
    ends: Ends,
    /// The server's answer to a request, from all of its records. `None` stands for a 400.
    answer: fn(&Received, &[String]) -> Option<Reply>,
    /// How many pages a number of records takes.
    pages: fn(usize) -> usize,
}

impl Style {
    fn get(
        paginator: impl Paginator + 'static,
        answer: fn(&Received, &[String]) -> Option<Reply>,
        pages: fn(usize) -> usize,
    ) -> Self {
        Self {
            method: Method::GET,
            body: None,
            paginator: Arc::new(paginator),
            ends: Ends::default(),
            answer,
            pages,
        }
    }

    fn with_ends(self, ends: Ends) -> Self {
        Self { ends, ..self }
    }

    fn by_post(self, body: Value) -> Self {
        Self { method: Method::POST, body: Some(body), ..self }
    }
}

/// Pulls every record once and in order, without unnecessary requests, while tokens expire.
#[track_caller]
fn assert_pulls_every_record_once(style: &Style) {
    for count in COUNTS {
        let (expected, tokens) = (records(count), Arc::new(Tokens::new(Lifetime::Requests(9))));
        let (answer, method, body) = (style.answer, style.method.clone(), style.body.clone());
        let of_server = expected.clone();
        let (setup, transport) = Setup::scripted_api(&tokens, move |request| {
            let as_declared = request.method == method && request.body.is_empty() == body.is_none();
            let reply = as_declared.then(|| answer(request, &of_server)).flatten();
            reply.unwrap_or_else(|| Reply::status(400))
        });
        let mut source = Source {
            paginator: Arc::clone(&style.paginator),
            ends: style.ends.clone(),
            ..setup.source_at(&format!("{PATH}?state=a%2Fb"), "/entities", Single::Assumed)
        };
        source.first.method = style.method.clone();
        source.first.body = style.body.clone().map_or(Body::Empty, |body| Body::Json(body.into()));

        let pulled = setup.pull(&source, None);

        assert!(pulled.records() == expected, "{:?}: {count} records", style.paginator);
        let (summary, pages) = (pulled.summary(), (style.pages)(count));
        assert_eq!((summary.records, summary.pages), (count as u64, pages as u64), "{:?}", style.paginator);
        assert_eq!((summary.missing, summary.repeated, summary.windows), (0, 0, 0));
        assert_eq!(tokens.refused(), (pages - 1) / 9, "a token expires after every ninth page");
        let requests = transport.api_requests();
        assert_eq!(requests.len(), pages + tokens.refused());
        let keeps_query = |request: &Received| request.url.query().is_some_and(|q| q.contains("state=a%2Fb"));
        assert!(requests.iter().all(keeps_query), "every request keeps the other parameters");
    }
}

fn number(text: Option<String>) -> Option<usize> {
    text?.parse().ok()
}

fn body(request: &Received) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// A page with these records, followed by the members `more`.
fn page(records: &[String], more: &str) -> Reply {
    Reply::json(format!("{{\"entities\": [{}]{more}}}", records.join(", ")))
}

fn from(offset: usize, records: &[String]) -> &[String] {
    &records[offset.min(records.len())..(offset + SIZE).min(records.len())]
}

/// The pages that have records, but at least one.
fn filled(count: usize) -> usize {
    count.div_ceil(SIZE).max(1)
}

/// The pages that have records, and an empty one at the end.
fn filled_and_empty(count: usize) -> usize {
    count.div_ceil(SIZE) + 1
}

#[test]
fn single() {
    for single in [Single::Assumed, Single::Declared] {
        assert_pulls_every_record_once(&Style::get(single, |_, records| Some(page(records, "")), |_| 1));
    }
}

#[test]
fn next_url() {
    let next = "/nextUri".parse().unwrap();
    let paginator = NextUrl::at(next);
    let answer = |request: &Received, records: &[String]| {
        let number = number(request.query("pageNumber")).unwrap_or(1);
        let next = format!(r#","nextUri":"{PATH}?state=a%2Fb&pageNumber={}""#, number + 1);
        let more = if number * SIZE < records.len() { next.as_str() } else { "" };
        Some(page(from((number - 1) * SIZE, records), more))
    };
    assert_pulls_every_record_once(&Style::get(paginator, answer, filled));
}

#[test]
fn page_number_in_the_query() {
    let paginator = PageNumber {
        param: "pageNumber".parse().unwrap(),
        size: Some(("pageSize".parse().unwrap(), SIZE as u64)),
        start: 1,
        page_count: Some("/pageCount".parse().unwrap()),
    };
    let answer = |request: &Received, records: &[String]| {
        let (number, size) = (number(request.query("pageNumber"))?, number(request.query("pageSize"))?);
        let (total, count) = (records.len(), records.len().div_ceil(SIZE));
        let counts = format!(r#","pageNumber":{number},"total":{total},"pageCount":{count}"#);
        (size == SIZE && number >= 1).then(|| page(from((number - 1) * SIZE, records), &counts))
    };
    assert_pulls_every_record_once(&Style::get(paginator, answer, filled).with_ends(with_total("/total")));
}

#[test]
fn page_number_from_zero_without_counts() {
    let param = "page".parse().unwrap();
    let paginator = PageNumber { param, size: None, start: 0, page_count: None };
    let answer = |request: &Received, records: &[String]| {
        Some(page(from(number(request.query("page"))? * SIZE, records), ""))
    };
    assert_pulls_every_record_once(&Style::get(paginator, answer, filled_and_empty));
}

#[test]
fn page_number_in_the_body() {
    let paginator = PageNumber {
        param: "/paging/pageNumber".parse().unwrap(),
        size: Some(("/paging/pageSize".parse().unwrap(), SIZE as u64)),
        start: 1,
        page_count: None,
    };
    let answer = |request: &Received, records: &[String]| {
        let body = body(request);
        let number = usize::try_from(body["paging"]["pageNumber"].as_u64()?).ok()?;
        let expected = json!({"order": "asc", "paging": {"pageSize": SIZE, "pageNumber": number}});
        let (records, total) = (from((number - 1) * SIZE, records), records.len());
        // Past the end the key is missing, but the total is still reported.
        let past_the_end = || Reply::json(format!(r#"{{"totalHits":{total}}}"#));
        let with_records = || page(records, &format!(r#","totalHits":{total}"#));
        (body == expected).then(|| if records.is_empty() { past_the_end() } else { with_records() })
    };
    let ends = Ends { records_missing: RecordsMissing::Empty, ..with_total("/totalHits") };
    let style = Style::get(paginator, answer, filled_and_empty).with_ends(ends);
    assert_pulls_every_record_once(&style.by_post(json!({"order": "asc"})));
}

#[test]
fn offset_from_zero() {
    let paginator = Offset {
        param: "offset".parse().unwrap(),
        size: Some(("limit".parse().unwrap(), SIZE as u64)),
        start: 0,
        step: OffsetStep::Received,
    };
    let answer = |request: &Received, records: &[String]| {
        let (offset, limit) = (number(request.query("offset"))?, number(request.query("limit"))?);
        (limit == SIZE).then(|| page(from(offset, records), ""))
    };
    assert_pulls_every_record_once(&Style::get(paginator, answer, filled_and_empty));
}

#[test]
fn offset_from_one_as_in_scim() {
    let paginator = Offset {
        param: "startIndex".parse().unwrap(),
        size: Some(("count".parse().unwrap(), SIZE as u64)),
        start: 1,
        step: OffsetStep::Received,
    };
    let answer = |request: &Received, records: &[String]| {
        let (index, size) = (number(request.query("startIndex"))?, number(request.query("count"))?);
        let counts = format!(r#","totalResults":{},"startIndex":{index}"#, records.len());
        (size == SIZE && index >= 1).then(|| page(from(index - 1, records), &counts))
    };
    assert_pulls_every_record_once(
        &Style::get(paginator, answer, filled_and_empty).with_ends(with_total("/totalResults")),
    );
}

/// An opaque cursor for the records from `offset` on. It contains every character that has a meaning in a URL.
fn cursor_after(offset: usize) -> String {
    format!("b+c/{offset}=&x=1?#% %41é;")
}

/// The offset in a cursor, or `None` if the cursor was changed.
fn offset_in(cursor: Option<&str>) -> Option<usize> {
    let Some(cursor) = cursor else { return Some(0) };
    let offset = cursor.strip_prefix("b+c/")?.split('=').next()?.parse().ok()?;
    (cursor == cursor_after(offset)).then_some(offset)
}

fn cursor_style(param: &str) -> Token {
    Token {
        param: param.parse().unwrap(),
        cursor: "/cursors/after".parse().unwrap(),
        renewal: Renewal::EachPage,
    }
}

#[test]
fn cursor_in_the_query() {
    let answer = |request: &Received, records: &[String]| {
        let offset = offset_in(request.query("cursor").as_deref())?;
        let next = json!({"after": cursor_after(offset + SIZE)});
        let is_last = offset + SIZE >= records.len();
        let more = if is_last { String::new() } else { format!(r#","cursors":{next}"#) };
        Some(page(from(offset, records), &more))
    };
    assert_pulls_every_record_once(&Style::get(cursor_style("cursor"), answer, filled));
}

#[test]
fn cursor_in_the_body() {
    let answer = |request: &Received, records: &[String]| {
        let body = body(request);
        let offset = offset_in(body["after"].as_str())?;
        let is_last = offset + SIZE >= records.len();
        let next = if is_last { Value::Null } else { cursor_after(offset + SIZE).into() };
        let more = format!(r#","cursors":{}"#, json!({ "after": next }));
        (body["filters"] == json!([1])).then(|| page(from(offset, records), &more))
    };
    let style = Style::get(cursor_style("/after"), answer, filled);
    assert_pulls_every_record_once(&style.by_post(json!({"filters": [1]})));
}

#[test]
fn cursor_on_every_page_with_a_more_flag() {
    let answer = |request: &Received, records: &[String]| {
        let offset = offset_in(request.query("cursor").as_deref())?;
        let next = json!({"after": cursor_after(offset + SIZE)});
        let more = offset + SIZE < records.len();
        Some(page(from(offset, records), &format!(r#","cursors":{next},"has_more":{more}"#)))
    };
    let style = Style::get(cursor_style("cursor"), answer, filled).with_ends(with_more("/has_more"));
    assert_pulls_every_record_once(&style);
}

#[test]
fn constant_cursor() {
    let paginator = Token {
        param: "/scroll_id".parse().unwrap(),
        cursor: "/_scroll_id".parse().unwrap(),
        renewal: Renewal::Never,
    };
    for count in COUNTS {
        let (expected, tokens) = (records(count), Arc::new(Tokens::new(Lifetime::Requests(9))));
        // Only the server knows the current position.
        let served = std::sync::Mutex::new(0);
        let of_server = expected.clone();
        let (setup, _) = Setup::scripted_api(&tokens, move |request| {
            let mut served = served.lock().unwrap();
            let known = if *served == 0 { json!({}) } else { json!({"scroll_id": "c2Nhbg=="}) };
            assert_eq!(body(request), known);
            let reply = page(from(*served, &of_server), r#","_scroll_id":"c2Nhbg==""#);
            *served += SIZE;
            reply
        });
        let mut source = setup.source_at(PATH, "/entities", paginator.clone());
        source.first.method = Method::POST;
        source.first.body = Body::Json(json!({}).into());

        let pulled = setup.pull(&source, None);

        assert!(pulled.records() == expected, "{count} records");
        assert_eq!(pulled.summary().pages, filled_and_empty(count) as u64);
        assert_eq!(tokens.refused(), (filled_and_empty(count) - 1) / 9);
    }
}

#[test]
fn link_header() {
    let answer = |request: &Received, records: &[String]| {
        let number = number(request.query("page")).unwrap_or(1);
        let reply = page(from((number - 1) * SIZE, records), "");
        let next = format!(r#"<{PATH}?state=a%2Fb&page={}>; rel="next""#, number + 1);
        Some(if number * SIZE < records.len() { reply.header("link", next) } else { reply })
    };
    let next = "link:next".parse().unwrap();
    let paginator = NextUrl::at(next);
    assert_pulls_every_record_once(&Style::get(paginator, answer, filled));
}
